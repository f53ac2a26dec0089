package agent_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/query/engine/enginetest"
)

// TestOutageOfTheEngine: the engine goes down, the agent is killed meanwhile
// and begins anew, the engine comes back: it has every tick of both runs.
func TestOutageOfTheEngine(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := enginetest.Begin(t, name)
			out := outDir(t)
			config := writeConfig(t, fmt.Sprintf("out: %s\nlisten: 127.0.0.1:0\nhost: bench1\nremote_write:\n  url: %s\n  interval: 1s\n  labels: {cluster: lab}\n", out, engine.Write))
			agent := start(t, []string{"serve", "--config", config})
			awaitTicks(t, engine, func(runs map[string][]int64) bool { return len(runs) == 1 && len(first(runs)) >= 3 })
			engine.Stop()
			time.Sleep(4 * time.Second)
			killed := time.Now()
			agent.signal(t, syscall.SIGKILL)
			<-agent.done
			agent = start(t, []string{"serve", "--config", config})
			agent.awaitText(t, agent.stderr, "tried again until the queue's limits")
			time.Sleep(2 * time.Second)
			engine.Start()
			runs := awaitTicks(t, engine, func(runs map[string][]int64) bool { return len(runs) == 2 && len(first(runs)) >= 6 })
			agent.signal(t, syscall.SIGTERM)
			if code := agent.wait(t); code != 0 {
				t.Errorf("the agent ended with %d:\n%s", code, agent.stderr)
			}
			for run, ticks := range runs {
				for i := 1; i < len(ticks); i++ {
					if ticks[i]-ticks[i-1] != 1000 {
						t.Errorf("run %s has no tick between %d and %d", run, ticks[i-1], ticks[i])
					}
				}
				// What was recorded while the engine was down is there, up to
				// the kill.
				if last := time.UnixMilli(ticks[len(ticks)-1]); last.Before(killed.Add(-3 * time.Second)) {
					t.Errorf("run %s ends %v before the kill", run, killed.Sub(last))
				}
			}
		})
	}
}

func first(runs map[string][]int64) []int64 {
	least := ""
	for run := range runs {
		if least == "" || run < least {
			least = run
		}
	}
	return runs[least]
}

// awaitTicks asks for the raw samples of a series until they are as wanted.
func awaitTicks(t *testing.T, engine *enginetest.Server, enough func(map[string][]int64) bool) map[string][]int64 {
	t.Helper()
	var runs map[string][]int64
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		engine.Flush()
		runs = ticksOf(t, engine)
		if enough(runs) {
			return runs
		}
	}
	t.Fatalf("%s never had what was sent: %v", engine.Name, runs)
	return nil
}

func ticksOf(t *testing.T, engine *enginetest.Server) map[string][]int64 {
	t.Helper()
	res, err := http.PostForm(engine.URL+"/api/v1/query", url.Values{"query": {`numalens_counted_seconds_total{group="agent",cluster="lab"}[10m]`}, "nocache": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	runs := map[string][]int64{}
	for _, s := range answer.Data.Result {
		for _, v := range s.Values {
			ms := int64(v[0].(float64)*1000 + 0.5)
			if ms%1000 == 0 { // the last one, of a run that ended, is at any moment
				runs[s.Metric["run"]] = append(runs[s.Metric["run"]], ms)
			}
		}
	}
	return runs
}

// TestMetricsBehindTheToken: /metrics is for those who know the token, in the
// form that they ask for, and tells what the agent costs.
func TestMetricsBehindTheToken(t *testing.T) {
	t.Parallel()
	s := startServing(t, "listen: 127.0.0.1:0\nhost: bench1\ntoken_file: "+writeToken(t)+"\nremote_write: {interval: 1s}\n")
	get := func(token, accept string) (int, string, string) {
		req, err := http.NewRequest(http.MethodGet, s.url+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		req.Header.Set("Accept", accept)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Content-Type"), string(b)
	}
	if status, _, body := get("", ""); status != http.StatusUnauthorized || strings.Contains(body, "numalens_") {
		t.Errorf("without a token: %d %q", status, body)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		status, kind, body := get(token, "application/openmetrics-text;version=1.0.0")
		if status != http.StatusOK || !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(body, "# EOF\n") {
			t.Fatalf("%d %s: %.200s", status, kind, body)
		}
		if strings.Contains(body, "numalens_meminfo_MemFree_bytes{host=\"bench1\",node=\"0\"") && strings.Contains(body, "numalens_process_cpu_seconds_created") && strings.Contains(body, "numalens_agent_cpu_seconds_total") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("never a tick: %s", body)
		}
	}
	if _, kind, body := get(token, "text/plain"); !strings.HasPrefix(kind, "text/plain") || strings.Contains(body, "# EOF") {
		t.Errorf("as text: %s", kind)
	}
	s.signal(t, syscall.SIGTERM)
	s.wait(t)
}
