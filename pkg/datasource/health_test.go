package datasource

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/numalens/numalens/pkg/serve"
)

func TestAgesAreRead(t *testing.T) {
	for seconds, want := range map[float64]string{
		-90:            "2 min in the future; the clocks of its host and of this machine differ",
		-0.2:           "0.0 s old",
		0.44:           "0.4 s old",
		59.99:          "1 min old",
		600:            "10 min old",
		6420:           "1 h 47 min old",
		3600 * 24 * 31: "31 days old",
	} {
		if got := ageWords(seconds); got != want {
			t.Errorf("%v s is %q, want %q", seconds, got, want)
		}
	}
}

// agentAt serves an empty root as an agent does.
func agentAt(t *testing.T, start func(http.Handler) *httptest.Server) string {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := start(serve.NewHandler(root, serve.HandlerOptions{Token: "the-agents-own-token"}))
	t.Cleanup(func() { s.Close(); root.Close() })
	return s.URL
}

// TestErrorsAreOfAField: what the config editor marks, for each way in which
// a source can be wrong, and with a right source beside it.
func TestErrorsAreOfAField(t *testing.T) {
	plain, encrypted := agentAt(t, httptest.NewServer), agentAt(t, httptest.NewTLSServer)
	gone := filepath.Join(t.TempDir(), "gone")
	const other = "0000000000000000000000000000000000000000000000000000000000000000"
	for name, x := range map[string]struct {
		settings Settings
		token    string
		field    string
		says     string
	}{
		"no such directory":  {Settings{Directory: gone}, "", "directory", "exports in " + gone + ": no such file or directory"},
		"a relative one":     {Settings{Directory: "exports"}, "", "directory", "absolute path"},
		"nothing listens":    {Settings{Agents: []Agent{{Name: "a", URL: "http://127.0.0.1:1"}}}, "", "agents.0.url", "nothing listens there"},
		"no URL":             {Settings{Agents: []Agent{{Name: "a", URL: "a"}}}, "", "agents.0.url", "want http://host:9177"},
		"no token":           {Settings{Agents: []Agent{{Name: "a", URL: plain}}}, "", "agents.0.token", "wants a token"},
		"a wrong token":      {Settings{Agents: []Agent{{Name: "a", URL: plain}}}, "another", "agents.0.token", "token is wrong"},
		"an unknown CA":      {Settings{Agents: []Agent{{Name: "a", URL: encrypted}}}, "", "agents.0.caFile", "signed by no CA"},
		"no such CA file":    {Settings{Agents: []Agent{{Name: "a", URL: encrypted, CAFile: gone}}}, "", "agents.0.caFile", gone},
		"another's pin":      {Settings{Agents: []Agent{{Name: "a", URL: encrypted, Fingerprint: other}}}, "", "agents.0.fingerprint", "fingerprint"},
		"half a fingerprint": {Settings{Agents: []Agent{{Name: "a", URL: encrypted, Fingerprint: "00:11"}}}, "", "agents.0.fingerprint", "fingerprint"},
		"the second of two": {Settings{Agents: []Agent{{Name: "a", URL: plain}, {Name: "b", URL: "http://127.0.0.1:1"}}},
			"the-agents-own-token", "agents.1.url", "nothing listens there"},
	} {
		raw, err := json.Marshal(x.settings)
		if err != nil {
			t.Fatal(err)
		}
		i, err := New(context.Background(), backend.DataSourceInstanceSettings{JSONData: raw, DecryptedSecureJSONData: map[string]string{"token": x.token}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := i.(*Instance).CheckHealth(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var d healthDetails
		if err := json.Unmarshal(r.JSONDetails, &d); err != nil {
			t.Fatal(err)
		}
		if r.Status != backend.HealthStatusError || !strings.Contains(d.Fields[x.field], x.says) {
			t.Errorf("%s: %v, want %q at %s (message: %s)", name, d.Fields, x.says, x.field, r.Message)
		}
		if strings.Contains(string(r.JSONDetails)+r.Message, "the-agents-own-token") {
			t.Errorf("%s: the token is told", name)
		}
	}
}
