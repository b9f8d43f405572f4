import asyncio

from kinesis import Producer


async def main():
    async with LINE as producer:
        await producer.put({"here": True})
        await producer.flush()
        print(producer.stream_name)


asyncio.run(main())
