package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/serve"
)

const token = "test-token-0123456789abcdef"

// served is an agent that serves.
type served struct {
	*run
	out, url string
}

var servedURL = regexp.MustCompile(`url=(https?://\S+)`)

// startServing writes the configuration and waits until the agent listens and
// records.
func startServing(t *testing.T, settings string, options ...option) *served {
	t.Helper()
	out := outDir(t)
	config := writeConfig(t, "out: "+out+"\n"+settings)
	s := &served{run: start(t, []string{"serve", "--config", config}, options...), out: out}
	s.awaitText(t, s.stderr, "msg=serving")
	s.awaitText(t, s.stderr, "msg=recording")
	s.url = servedURL.FindStringSubmatch(s.stderr.String())[1]
	return s
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(outDir(t), "agent.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func writeToken(t *testing.T) string {
	t.Helper()
	file := filepath.Join(outDir(t), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// certificate makes a pair with the agent's own command, and gives the
// settings and the fingerprint.
func certificate(t *testing.T) (settings, fingerprint, certFile string) {
	t.Helper()
	dir := outDir(t)
	b, err := exec.Command(bin, "cert", "--out", dir, "--hosts", "localhost,127.0.0.1").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, fingerprint, _ = strings.Cut(string(b), "fingerprint: ")
	certFile = filepath.Join(dir, "cert.pem")
	return fmt.Sprintf("tls:\n  cert: %s\n  key: %s\n", certFile, filepath.Join(dir, "key.pem")), fingerprint, certFile
}

func readAll(t *testing.T, files export.Files, name string) []byte {
	t.Helper()
	f, err := files.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestServeAndRecord follows a live run over TLS with a token, then sees it
// sealed.
func TestServeAndRecord(t *testing.T) {
	t.Parallel()
	tls, fingerprint, certFile := certificate(t)
	s := startServing(t, "listen: 127.0.0.1:0\nhost: bench1\nlabels: {rack: b12}\ntoken_file: "+writeToken(t)+"\n"+tls)
	for name, o := range map[string]serve.ClientOptions{
		"pinned": {URL: s.url, Token: token, Fingerprint: fingerprint},
		"by CA":  {URL: s.url, Token: token, CAFile: certFile},
	} {
		c, err := serve.Dial(o)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var index export.Index
		if err := json.Unmarshal(readAll(t, c, "index.json"), &index); err != nil {
			t.Fatal(err)
		}
		if len(index.Hosts) != 1 || index.Hosts[0].Host != "bench1" || len(index.Hosts[0].Runs) != 1 || index.Hosts[0].Runs[0].Labels["rack"] != "b12" {
			t.Errorf("%s: index %+v", name, index)
		}
	}
	c, err := serve.Dial(serve.ClientOptions{URL: s.url, Token: token, Fingerprint: fingerprint})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := onlyRun(t, s.out)
	tail := fmt.Sprintf("%s/%s/nodes.000001.arrows", m.Host, m.Run)
	first := grown(t, c, tail, 0)
	grown(t, c, tail, first)

	s.signal(t, syscall.SIGTERM)
	if code := s.wait(t); code != 0 {
		t.Errorf("status %d; stderr:\n%s", code, s.stderr)
	}
	if m := onlyRun(t, s.out); m.State != export.Sealed {
		t.Errorf("state %q, want sealed", m.State)
	}
	sound(t, s.out)
	if strings.Contains(s.stderr.String(), token) {
		t.Errorf("the log holds the token:\n%s", s.stderr)
	}
	_, err = c.Open(context.Background(), "index.json")
	if err == nil || !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("reading from an agent that ended: %v", err)
	}
}

// grown waits until a tail is longer than it was.
func grown(t *testing.T, c *serve.Client, name string, was int64) int64 {
	t.Helper()
	for range 300 {
		f, err := c.Open(t.Context(), name)
		if err == nil {
			size := f.Size()
			f.Close()
			if size > was {
				return size
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not grow beyond %d bytes", name, was)
	return 0
}

func TestServeRefusesTheWrongReader(t *testing.T) {
	t.Parallel()
	tls, fingerprint, _ := certificate(t)
	s := startServing(t, "listen: 127.0.0.1:0\n"+tls, withEnv("NUMALENS_TOKEN="+token))
	for name, c := range map[string]struct {
		o    serve.ClientOptions
		want string
	}{
		"wrong token":       {serve.ClientOptions{URL: s.url, Token: "wrong-token-0123456789", Fingerprint: fingerprint}, "the token is wrong"},
		"no token":          {serve.ClientOptions{URL: s.url, Fingerprint: fingerprint}, "wants a token"},
		"other certificate": {serve.ClientOptions{URL: s.url, Token: token, Fingerprint: strings.Repeat("00", 32)}, "fingerprint " + strings.TrimSpace(fingerprint)},
		"unknown CA":        {serve.ClientOptions{URL: s.url, Token: token}, "no CA trusted here"},
	} {
		client, err := serve.Dial(c.o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Open(t.Context(), "index.json")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), s.url) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
	for _, secret := range []string{token, "wrong-token-0123456789"} {
		if strings.Contains(s.stderr.String(), secret) {
			t.Errorf("the log holds a token:\n%s", s.stderr)
		}
	}
	s.signal(t, syscall.SIGINT)
	if code := s.wait(t); code != 0 {
		t.Errorf("status %d; stderr:\n%s", code, s.stderr)
	}
}

func TestServeOnLoopbackNeedsNothing(t *testing.T) {
	t.Parallel()
	s := startServing(t, "listen: 127.0.0.1:0\n")
	resp, err := http.Get(s.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(b) != "ok\n" {
		t.Errorf("healthz: %d %q", resp.StatusCode, b)
	}
	c, err := serve.Dial(serve.ClientOptions{URL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, c, "index.json")
}

// TestServeRefusesToBegin: every wrong setting is one sentence, and leaves no
// run behind.
func TestServeRefusesToBegin(t *testing.T) {
	tls, _, _ := certificate(t)
	tokenLine := "token_file: " + writeToken(t) + "\n"
	open := writeToken(t)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ settings, want string }{
		"remote with nothing":       {"listen: 0.0.0.0:0\n", "needs a token and TLS"},
		"remote without TLS":        {"listen: 0.0.0.0:0\n" + tokenLine, "needs TLS"},
		"remote without a token":    {"listen: 0.0.0.0:0\n" + tls, "needs a token"},
		"token readable by others":  {"listen: 127.0.0.1:0\ntoken_file: " + open + "\n", "chmod 600"},
		"absent token file":         {"listen: 127.0.0.1:0\ntoken_file: /no/token\n", "/no/token"},
		"absent certificate":        {"listen: 127.0.0.1:0\ntls: {cert: /no/cert, key: /no/key}\n", "/no/cert"},
		"certificate without a key": {"listen: 127.0.0.1:0\ntls: {cert: /no/cert}\n", "only one of them"},
		"unknown setting":           {"listne: 127.0.0.1:0\n", `line 2: there is no setting "listne"`},
		"not an address":            {"listen: here\n", "want host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := outDir(t)
			r := start(t, []string{"serve", "--config", writeConfig(t, "out: "+out+"\n"+c.settings)})
			if code := r.wait(t); code != 1 {
				t.Errorf("status %d, want 1", code)
			}
			if stderr := r.stderr.String(); !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, token) {
				t.Errorf("want one line with %q, and there is:\n%s", c.want, stderr)
			}
			if len(manifests(t, out)) > 0 {
				t.Error("a run is left")
			}
		})
	}
}

func TestServeMendsWhatWasKilled(t *testing.T) {
	t.Parallel()
	s := startServing(t, "listen: 127.0.0.1:0\n")
	c, err := serve.Dial(serve.ClientOptions{URL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	m := onlyRun(t, s.out)
	grown(t, c, fmt.Sprintf("%s/%s/nodes.000001.arrows", m.Host, m.Run), 0)
	s.signal(t, syscall.SIGKILL)
	s.wait(t)
	again := start(t, []string{"serve", "--config", writeConfig(t, "out: "+s.out+"\nlisten: 127.0.0.1:0\n")})
	again.awaitText(t, again.stderr, "mended a run that was cut off")
	again.awaitText(t, again.stderr, "msg=recording")
	again.signal(t, syscall.SIGTERM)
	if code := again.wait(t); code != 0 {
		t.Errorf("status %d; stderr:\n%s", code, again.stderr)
	}
	if n := len(manifests(t, s.out)); n != 2 {
		t.Errorf("%d runs, want 2: a restart begins a new one", n)
	}
	sound(t, s.out)
}
