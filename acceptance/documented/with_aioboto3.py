import asyncio

import aioboto3


async def main():
    session = aioboto3.Session()
    async with LINE as client:
        print((await client.list_streams())["StreamNames"])


asyncio.run(main())
