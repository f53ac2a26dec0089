package main

import (
	"bytes"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// rule is one entry of thresholds.yaml.
type rule struct {
	Rule       string  `yaml:"rule"`
	Metric     string  `yaml:"metric"`
	Title      string  `yaml:"title"`
	Unit       string  `yaml:"unit"` // share or seconds
	By         string  `yaml:"by"`   // node, unless it says host
	Warning    float64 `yaml:"warning"`
	Critical   float64 `yaml:"critical"`
	Source     string  `yaml:"source"`
	Floors     []floor `yaml:"floors"`
	For        string  `yaml:"for"`
	Runbook    string  `yaml:"runbook"`
	ErrorState string  `yaml:"error_state"`
	Panel      struct {
		Dashboard string `yaml:"dashboard"`
		ID        int    `yaml:"id"`
	} `yaml:"panel"`
}

// floor is a rate below which a share means nothing.
type floor struct {
	Metric string  `yaml:"metric"`
	Above  float64 `yaml:"above"`
	Source string  `yaml:"source"`
}

func readThresholds(file string) ([]rule, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	var out []rule
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, r := range out {
		if r.Source == "" || r.Warning <= 0 || r.Critical <= r.Warning {
			return nil, fmt.Errorf("%s: rule %q needs a source, and a warning below its critical threshold", file, r.Rule)
		}
		for _, f := range r.Floors {
			if f.Source == "" {
				return nil, fmt.Errorf("%s: the floor on %s of rule %q needs a source", file, f.Metric, r.Rule)
			}
		}
	}
	return out, nil
}
