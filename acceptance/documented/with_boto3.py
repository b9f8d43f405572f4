import boto3

client = LINE
print(client.list_streams()["StreamNames"])
