import boto3

client = boto3.client("kinesis")
client.put_record(StreamName="mystream", Data=b"mydata", PartitionKey="mykey")
