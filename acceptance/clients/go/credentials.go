package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// provider says where a client gets its credentials from, instead of a key.
type provider struct {
	Kind, Role, File, Uri string
	// Fresh has them fetched anew at each call: they count as over from their beginning.
	Fresh bool
}

const session = 15 * time.Minute

func provided(asked question) aws.CredentialsProvider {
	chosen := asked.Provider
	own := credentials.NewStaticCredentialsProvider(asked.Key, asked.Secret, asked.Token)
	if chosen == nil {
		return own
	}
	config := aws.Config{Region: asked.Region, BaseEndpoint: aws.String(asked.Endpoint), Credentials: own}
	var from aws.CredentialsProvider
	switch chosen.Kind {
	case "assume-role":
		from = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config), chosen.Role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.Duration = "sdk", session
		})
	case "web-identity":
		config.Credentials = aws.AnonymousCredentials{}
		token := stscreds.IdentityTokenFile(chosen.File)
		from = stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(config), chosen.Role, token, func(o *stscreds.WebIdentityRoleOptions) {
			o.RoleSessionName, o.Duration = "sdk", session
		})
	case "container":
		from = endpointcreds.New(chosen.Uri, func(o *endpointcreds.Options) {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				token, err := os.ReadFile(chosen.File)
				return strings.TrimSpace(string(token)), err
			})
		})
	default:
		panic("no provider " + chosen.Kind)
	}
	return aws.NewCredentialsCache(from, func(o *aws.CredentialsCacheOptions) {
		if chosen.Fresh {
			o.ExpiryWindow = 2 * time.Hour
		}
	})
}

// told is what a client signed with, for a driver that wants to see it change.
func told(from aws.CredentialsProvider) (answer, error) {
	found, err := from.Retrieve(context.Background())
	return answer{"Key": found.AccessKeyID, "Secret": found.SecretAccessKey, "Token": found.SessionToken}, err
}
