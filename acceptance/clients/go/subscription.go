package main

import (
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// subscription is one open SubscribeToShard.
type subscription struct {
	stream *kinesis.SubscribeToShardEventStream
}

// read answers with events, until there are enough records, the stream ends, or the time is up.
func (open *subscription) read(asked question) answer {
	late := time.After(time.Duration(asked.Seconds * float64(time.Second)))
	got, records := []any{}, 0
	for asked.Records == nil || records < *asked.Records || len(got) == 0 {
		select {
		case <-late:
			return read(got, false)
		case next, more := <-open.stream.Events():
			if !more {
				if err := open.stream.Err(); err != nil {
					return refused(err)
				}
				return read(got, true)
			}
			if event, is := next.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent); is {
				got = append(got, shown(reflect.ValueOf(event.Value)))
				records += len(event.Value.Records)
			}
		}
	}
	return read(got, false)
}

func read(events []any, ended bool) answer {
	return answer{"ok": true, "output": answer{"Events": events, "Ended": ended}}
}
