package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/numalens/numalens/pkg/datasource"
	"github.com/numalens/numalens/pkg/query"
)

// access is how agents named by URL are reached. The token has no flag of its
// own: a command line is visible to every user of the machine.
type access struct {
	tokenFile, caFile, fingerprint string
}

func (a *access) flags(fs *flag.FlagSet) {
	fs.StringVar(&a.tokenFile, "token-file", "", "file that holds the agent's bearer token (or set NUMALENS_TOKEN)")
	fs.StringVar(&a.caFile, "ca-file", "", "PEM file of the authority that signed the agent's certificate")
	fs.StringVar(&a.fingerprint, "fingerprint", "", "SHA-256 fingerprint of the agent's certificate, to pin it")
}

// open opens directories and agents by the very settings that Grafana would
// give, so that both go the same way.
func (a *access) open(places []string) (query.Sources, error) {
	secrets, err := a.secrets()
	if err != nil {
		return nil, err
	}
	var out query.Sources
	for _, p := range places {
		s, err := a.settings(p, secrets["token"])
		if err != nil {
			return nil, err
		}
		opened, err := s.Open(secrets)
		if err != nil {
			return nil, err
		}
		out = append(out, opened...)
	}
	return out, nil
}

func (a *access) settings(place, token string) (datasource.Settings, error) {
	if address, ok := strings.CutPrefix(place, "prometheus+"); ok {
		return datasource.Settings{Engine: datasource.Engine{Kind: datasource.EnginePrometheus, URL: address, HTTP: a.engineClient(token)}}, nil
	}
	if strings.Contains(place, "://") {
		return datasource.Settings{Agents: []datasource.Agent{{URL: place, CAFile: a.caFile, Fingerprint: a.fingerprint}}}, nil
	}
	dir, err := filepath.Abs(place)
	if err != nil {
		return datasource.Settings{}, err
	}
	return datasource.Settings{Directory: dir}, nil
}

func (a *access) secrets() (map[string]string, error) {
	token := os.Getenv("NUMALENS_TOKEN")
	if a.tokenFile != "" {
		b, err := os.ReadFile(a.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the token: %w", err)
		}
		token = strings.TrimSpace(string(b))
	}
	return map[string]string{"token": token}, nil
}

// engineClient shows an engine the token, where there is one.
func (a *access) engineClient(token string) *http.Client {
	if token == "" {
		return nil
	}
	return &http.Client{Transport: bearer{token}}
}

// bearer shows a token with each request.
type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}
