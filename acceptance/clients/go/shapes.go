package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	dynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const logs = "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

// unsupported says what the SDK is too old for.
type unsupported string

func (missing unsupported) Error() string { return string(missing) }

// fill sets the members of a structure from a document of the table.
func fill(into reflect.Value, document map[string]any) error {
	for name, value := range document {
		field := into.FieldByName(exported(name))
		if !field.IsValid() {
			return unsupported(fmt.Sprintf("%s has no %s", into.Type().Name(), name))
		}
		if err := set(field, value); err != nil {
			return err
		}
	}
	return nil
}

// exported is a member's name as the SDK has it.
func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// modelled is a member's name as the model has it: those of CloudWatch Logs begin small.
func modelled(of reflect.Type, name string) string {
	if strings.HasPrefix(of.PkgPath(), logs) {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

func set(into reflect.Value, value any) error {
	if value == nil {
		return nil
	}
	if into.Kind() == reflect.Interface {
		return union(into, value)
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return set(into.Elem(), value)
	}
	switch value := value.(type) {
	case string:
		into.SetString(value)
	case bool:
		into.SetBool(value)
	case json.Number:
		return number(into, value)
	case []any:
		into.Set(reflect.MakeSlice(into.Type(), len(value), len(value)))
		for i, element := range value {
			if err := set(into.Index(i), element); err != nil {
				return err
			}
		}
	case map[string]any:
		return object(into, value)
	}
	return nil
}

// unions are the SDK's types of what is one of several things, by the one member that a document has.
var unions = map[string]reflect.Type{
	"B":    reflect.TypeFor[dynamodb.AttributeValueMemberB](),
	"BOOL": reflect.TypeFor[dynamodb.AttributeValueMemberBOOL](),
	"BS":   reflect.TypeFor[dynamodb.AttributeValueMemberBS](),
	"L":    reflect.TypeFor[dynamodb.AttributeValueMemberL](),
	"M":    reflect.TypeFor[dynamodb.AttributeValueMemberM](),
	"N":    reflect.TypeFor[dynamodb.AttributeValueMemberN](),
	"NS":   reflect.TypeFor[dynamodb.AttributeValueMemberNS](),
	"NULL": reflect.TypeFor[dynamodb.AttributeValueMemberNULL](),
	"S":    reflect.TypeFor[dynamodb.AttributeValueMemberS](),
	"SS":   reflect.TypeFor[dynamodb.AttributeValueMemberSS](),
}

// union sets a value of DynamoDB, which the SDK has a type of its own for each kind of.
func union(into reflect.Value, value any) error {
	members, is := value.(map[string]any)
	if !is || len(members) != 1 {
		return unsupported(fmt.Sprintf("%s has exactly one member", into.Type().Name()))
	}
	for name, member := range members {
		kind, known := unions[name]
		if !known || !reflect.PointerTo(kind).Implements(into.Type()) {
			return unsupported(fmt.Sprintf("%s has no %s", into.Type().Name(), name))
		}
		made := reflect.New(kind)
		into.Set(made)
		return set(made.Elem().FieldByName("Value"), member)
	}
	return nil
}

// unionMember is the name of the member that a value of a union is.
func unionMember(value reflect.Value) (string, bool) {
	for name, kind := range unions {
		if value.Type() == reflect.PointerTo(kind) {
			return name, true
		}
	}
	return "", false
}

func number(into reflect.Value, value json.Number) error {
	if into.Kind() == reflect.Float64 {
		float, err := value.Float64()
		into.SetFloat(float)
		return err
	}
	whole, err := value.Int64()
	into.SetInt(whole)
	return err
}

// object sets a blob, a time, a map or a structure.
func object(into reflect.Value, value map[string]any) error {
	if blob, is := value["$blob"].(string); is {
		content, err := base64.StdEncoding.DecodeString(blob)
		into.SetBytes(content)
		return err
	}
	if milliseconds, is := value["$time"].(json.Number); is {
		since, err := milliseconds.Int64()
		into.Set(reflect.ValueOf(time.UnixMilli(since)))
		return err
	}
	if into.Kind() == reflect.Struct {
		return fill(into, value)
	}
	into.Set(reflect.MakeMap(into.Type()))
	for key, element := range value {
		entry := reflect.New(into.Type().Elem()).Elem()
		if err := set(entry, element); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(key), entry)
	}
	return nil
}

// shown is a value of an answer as the driver takes it; nil is an absent one.
func shown(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		if name, is := unionMember(value); is {
			return answer{name: shown(value.Elem().FieldByName("Value"))}
		}
		return shown(value.Elem())
	case reflect.Slice:
		if value.IsNil() {
			return nil
		}
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return answer{"$blob": base64.StdEncoding.EncodeToString(value.Bytes())}
		}
		elements := make([]any, value.Len())
		for i := range elements {
			elements[i] = shown(value.Index(i))
		}
		return elements
	case reflect.Map:
		if value.IsNil() {
			return nil
		}
		entries := answer{}
		for _, key := range value.MapKeys() {
			entries[key.String()] = shown(value.MapIndex(key))
		}
		return entries
	case reflect.String:
		// An enumeration of the SDK has no other word for absent; an empty text is a pointer to one.
		if value.String() == "" && value.Type().Name() != "string" {
			return nil
		}
		return value.String()
	case reflect.Struct:
		return structure(value)
	}
	return value.Interface()
}

func structure(value reflect.Value) any {
	if moment, is := value.Interface().(time.Time); is {
		return answer{"$time": moment.UnixMilli()}
	}
	members := answer{}
	for i := range value.NumField() {
		member := value.Type().Field(i)
		if !member.IsExported() || member.Name == "ResultMetadata" {
			continue
		}
		if came := shown(value.Field(i)); came != nil {
			members[modelled(value.Type(), member.Name)] = came
		}
	}
	return members
}
