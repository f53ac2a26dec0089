package main

import (
	"os"
	"strings"
	"testing"
)

// TestFleetSettings: what docker compose mounts is understood.
func TestFleetSettings(t *testing.T) {
	c, err := readConfig("../../deploy/fleet/agent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c.RemoteWrite.URL = "http://engine:9090/api/v1/write"
	if err := c.RemoteWrite.check(); err != nil {
		t.Error(err)
	}
}

// TestExampleOfRemoteWrite: the example in deploy/agent.yaml, uncommented, is
// understood but for its two ways to show who asks.
func TestExampleOfRemoteWrite(t *testing.T) {
	b, err := os.ReadFile("../../deploy/agent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(b), "#remote_write:\n")
	if !ok {
		t.Fatal("deploy/agent.yaml has no remote_write")
	}
	example, _, _ = strings.Cut(example, "\n\n")
	var lines []string
	for line := range strings.Lines(example) {
		line = strings.TrimPrefix(line, "#")
		if !strings.Contains(line, "username") && !strings.Contains(line, "password") {
			lines = append(lines, line)
		}
	}
	c, err := parseConfig(strings.NewReader("out: /x\nremote_write:\n" + strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	if c.RemoteWrite.Labels["cluster"] != "lab" || c.RemoteWrite.Queue.MaxBytes != 64e6 || len(c.RemoteWrite.Columns) != 2 {
		t.Errorf("%+v", c.RemoteWrite)
	}
}

func TestRefusedRemoteWrite(t *testing.T) {
	for text, yaml := range map[string]string{
		"http or https":      "url: engine:9090",
		"whole number":       "interval: 1500ms",
		"fill the disk":      "queue: {max_bytes: none}",
		"such as 10s":        "interval: never",
		"not a pattern":      `columns: ["["]`,
		"there is no settin": "urll: x",
	} {
		_, err := parseConfig(strings.NewReader("out: /x\nremote_write:\n  " + yaml + "\n"))
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want one that says %q", yaml, err, text)
		}
	}
}
