package main

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestKubernetesSettings: what the ConfigMap holds is taken.
func TestKubernetesSettings(t *testing.T) {
	b, err := os.ReadFile("../../deploy/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var configMap struct{ Data map[string]string }
	if err := yaml.NewDecoder(strings.NewReader(string(b))).Decode(&configMap); err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig(strings.NewReader(configMap.Data["agent.yaml"]))
	if err != nil || c.TLS.Cert == "" || c.TLS.Key == "" || c.Out == "" {
		t.Errorf("%+v, %v", c, err)
	}
}
