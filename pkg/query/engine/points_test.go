package engine

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestPoints(t *testing.T) {
	for text, want := range map[string]points{
		`[]`:                        {},
		`[1435781430.781,"1"]`:      {{1435781430781, 1}},
		`[[1,"1.5"], [2.001,"-3"]]`: {{1000, 1.5}, {2001, -3}},
		`[1,"+Inf"]`:                {{1000, math.Inf(1)}},
	} {
		var got points
		if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`[1]`, `[[1,"x"]]`, `[["x","1"]]`} {
		var got points
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is %v, no error", text, got)
		}
	}
}

// FuzzAnswer: whatever answers in place of an engine is an error or an answer.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"a","node":"0"},"values":[[1,"1"],[2,"2"]]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}`))
	f.Add([]byte(`{"status":"error","error":"parse error"}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
		defer srv.Close()
		c, err := newClient(srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := &Source{client: c}
		lines, err := s.lines(context.Background(), "x", []int64{1000, 2000, 2500}, 2500)
		if err == nil && !json.Valid(body) {
			t.Errorf("%q gave %v", body, lines)
		}
	})
}

func TestWhatAnswersInPlaceOfAnEngine(t *testing.T) {
	for want, answer := range map[string]http.HandlerFunc{
		"it says: too many samples": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			w.Write([]byte(`{"status":"error","error":"too many samples"}`))
		},
		"give the address below which /api/v1 is": http.NotFound,
		"it refuses (403 Forbidden)":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"<html>":                                  func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
	} {
		srv := httptest.NewServer(answer)
		s, err := Open(Options{URL: srv.URL})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Index(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		srv.Close()
		if _, err := s.Index(context.Background()); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("gone: %v", err)
		}
	}
	for _, url := range []string{"", "engine:9090", "ftp://x", "http://a:b@x"} {
		if _, err := Open(Options{URL: url}); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
}

func TestParseList(t *testing.T) {
	for text, want := range map[string][]int{"": {}, "0-2,5": {0, 1, 2, 5}, "3-1": {}, "x,7": {7}} {
		if got := parseList(text); !slices.Equal(got, want) {
			t.Errorf("%q is %v", text, got)
		}
	}
	if got := parseList("0-999999999"); len(got) > mostCPUs {
		t.Errorf("%d CPUs", len(got))
	}
}
