// The AWS SDK for Go v2 as a client of the scenario table: reads questions as JSON lines, answers with what the SDK said.
//
// Requests are filled, and answers read, by reflection (shapes.go), so that no operation needs code here.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithymiddleware "github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

type question struct {
	Service, Operation, Region, Key, Secret, Token, Endpoint string
	Params                                                   map[string]any
	Provider                                                 *provider
	Read, Close                                              string
	Records                                                  *int
	Seconds                                                  float64
}

type answer map[string]any

var (
	clients       = map[string]any{}
	providers     = map[string]aws.CredentialsProvider{}
	subscriptions = map[string]*subscription{}
)

func main() {
	questions := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := questions.ReadBytes('\n')
		if err != nil {
			return
		}
		decoder := json.NewDecoder(strings.NewReader(string(line)))
		decoder.UseNumber()
		var asked question
		if err := decoder.Decode(&asked); err != nil {
			panic(err)
		}
		if err := answers.Encode(answered(asked)); err != nil {
			panic(err)
		}
	}
}

func answered(asked question) answer {
	switch {
	case asked.Read != "":
		return subscriptions[asked.Read].read(asked)
	case asked.Close != "":
		subscriptions[asked.Close].stream.Close()
		delete(subscriptions, asked.Close)
		return answer{"ok": true, "output": answer{}}
	}
	return call(asked)
}

func call(asked question) answer {
	if asked.Operation == "Credentials" {
		output, err := told(credentialsOf(asked))
		if err != nil {
			return refused(err)
		}
		return answer{"ok": true, "output": output}
	}
	method := reflect.ValueOf(client(asked)).MethodByName(asked.Operation)
	if !method.IsValid() {
		return answer{"unsupported": "no " + asked.Operation}
	}
	input := reflect.New(method.Type().In(1).Elem())
	if err := fill(input.Elem(), asked.Params); err != nil {
		return refused(err)
	}
	returned := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	if err, failed := returned[1].Interface().(error); failed {
		return refused(err)
	}
	status := status(returned[0].Elem().FieldByName("ResultMetadata").Interface().(smithymiddleware.Metadata))
	if opening := returned[0].MethodByName("GetStream"); opening.IsValid() {
		handle := fmt.Sprint(len(subscriptions) + 1)
		subscriptions[handle] = &subscription{stream: opening.Call(nil)[0].Interface().(stream)}
		return answer{"ok": true, "status": status, "output": answer{"Subscription": handle}}
	}
	return answer{"ok": true, "status": status, "output": shown(returned[0])}
}

func client(asked question) any {
	name := asked.Service + " " + identity(asked)
	if _, made := clients[name]; !made {
		clients[name] = serviceClient(asked.Service, aws.Config{
			Region:       asked.Region,
			BaseEndpoint: aws.String(asked.Endpoint),
			Credentials:  credentialsOf(asked),
			Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
			// What config.LoadDefaultConfig chooses; 0 would compress everything.
			RequestMinCompressSizeBytes: 10240,
			APIOptions:                  []func(*smithymiddleware.Stack) error{unvalidated, unprefixed},
		})
	}
	return clients[name]
}

// identity names whom a client calls as, and where.
func identity(asked question) string {
	name := strings.Join([]string{asked.Region, asked.Key, asked.Secret, asked.Token, asked.Endpoint}, " ")
	if asked.Provider != nil {
		name += fmt.Sprint(*asked.Provider)
	}
	return name
}

func credentialsOf(asked question) aws.CredentialsProvider {
	name := identity(asked)
	if _, made := providers[name]; !made {
		providers[name] = provided(asked)
	}
	return providers[name]
}

func serviceClient(service string, chosen aws.Config) any {
	switch service {
	case "cloudwatch":
		return cloudwatch.NewFromConfig(chosen)
	case "dynamodb":
		return dynamodb.NewFromConfig(chosen)
	case "iam":
		return iam.NewFromConfig(chosen)
	case "kms":
		return kms.NewFromConfig(chosen)
	case "kinesis":
		return kinesis.NewFromConfig(chosen)
	case "lambda":
		return lambda.NewFromConfig(chosen)
	case "logs":
		return cloudwatchlogs.NewFromConfig(chosen)
	case "sts":
		return sts.NewFromConfig(chosen)
	}
	panic("no client of " + service)
}

// unvalidated has the service refuse what lacks a required member, not the SDK.
func unvalidated(stack *smithymiddleware.Stack) error {
	if _, there := stack.Initialize.Get("OperationInputValidation"); there {
		_, err := stack.Initialize.Remove("OperationInputValidation")
		return err
	}
	return nil
}

// unprefixed leaves the endpoint's host as it is; StartLiveTail's is on AWS another.
func unprefixed(stack *smithymiddleware.Stack) error {
	disabled := func(ctx context.Context, in smithymiddleware.InitializeInput, next smithymiddleware.InitializeHandler) (smithymiddleware.InitializeOutput, smithymiddleware.Metadata, error) {
		return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
	}
	return stack.Initialize.Add(smithymiddleware.InitializeMiddlewareFunc("Unprefixed", disabled), smithymiddleware.Before)
}

func status(metadata smithymiddleware.Metadata) int {
	if response, is := middleware.GetRawResponse(metadata).(*smithyhttp.Response); is {
		return response.StatusCode
	}
	return 200
}

// refused is what a refusal of the service looks like to the driver; anything else is a client that is too old, or broke.
func refused(err error) answer {
	var missing unsupported
	if errors.As(err, &missing) {
		return answer{"unsupported": string(missing)}
	}
	var refusal smithy.APIError
	if !errors.As(err, &refusal) {
		return answer{"broken": err.Error()}
	}
	status := 200
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	return answer{"ok": false, "status": status, "code": refusal.ErrorCode(), "message": refusal.ErrorMessage()}
}
