package main

import (
	"reflect"
	"time"
)

// stream is what SubscribeToShard and StartLiveTail answer with; its method Events gives a channel of a type of its own.
type stream interface {
	Close() error
	Err() error
}

// subscription is one open SubscribeToShard or StartLiveTail.
type subscription struct {
	stream stream
}

// read answers with events, until there are enough records, the stream ends, or the time is up.
func (open *subscription) read(asked question) answer {
	late := time.After(time.Duration(asked.Seconds * float64(time.Second)))
	waits := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(late)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(open.stream).MethodByName("Events").Call(nil)[0]},
	}
	got, records := []any{}, 0
	for asked.Records == nil || records < *asked.Records || len(got) == 0 {
		chosen, next, more := reflect.Select(waits)
		if chosen == 0 {
			return read(got, false)
		}
		if !more {
			if err := open.stream.Err(); err != nil {
				return refused(err)
			}
			return read(got, true)
		}
		if body := next.Elem().Elem().FieldByName("Value"); body.Kind() == reflect.Struct {
			got = append(got, shown(body))
			records += count(body)
		}
	}
	return read(got, false)
}

// count is how many records, or events of a log, an event brings.
func count(body reflect.Value) int {
	for _, name := range []string{"Records", "SessionResults"} {
		if brought := body.FieldByName(name); brought.IsValid() {
			return brought.Len()
		}
	}
	return 0
}

func read(events []any, ended bool) answer {
	return answer{"ok": true, "output": answer{"Events": events, "Ended": ended}}
}
