package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// config is the file of `serve`; deploy/agent.yaml explains every setting.
type config struct {
	Listen string `yaml:"listen"`
	TLS    struct {
		Cert string `yaml:"cert"`
		Key  string `yaml:"key"`
	} `yaml:"tls"`
	TokenFile   string            `yaml:"token_file"`
	Out         string            `yaml:"out"`
	Host        string            `yaml:"host"`
	Name        string            `yaml:"name"`
	Labels      map[string]string `yaml:"labels"`
	Hz          int               `yaml:"hz"`
	Events      eventList         `yaml:"events"`
	FaultPeriod int               `yaml:"fault_period"`
	Placement   interval          `yaml:"placement"`
	Cgroups     []string          `yaml:"cgroups"`
	Trace       traceList         `yaml:"trace"`
	Keep        []string          `yaml:"keep"`
	GoPrograms  []string          `yaml:"go_programs"`
	TraceLimit  percent           `yaml:"trace_limit"`
	AgentCPUs   cpuList           `yaml:"agent_cpus"`
	MaxBytes    byteSize          `yaml:"max_bytes"`
	KeepFree    byteSize          `yaml:"keep_free"`
	Calibration string            `yaml:"calibration"`
	RemoteWrite engineConfig      `yaml:"remote_write"`
	SysRoot     string            `yaml:"sys_root"`
	ProcRoot    string            `yaml:"proc_root"`
}

func readConfig(file string) (*config, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c, err := parseConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", file, err)
	}
	return c, nil
}

// parseConfig refuses what it does not know: a misspelt limit would else be
// the default, and a misspelt token no token.
func parseConfig(r io.Reader) (*config, error) {
	c := &config{Hz: defaultHz, SysRoot: "/sys", ProcRoot: "/proc"}
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, plainYAML(err)
	}
	if err := d.Decode(new(config)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document")
	}
	return c, c.check()
}

func (c *config) check() error {
	switch {
	case c.Out == "":
		return errors.New("out: no directory to record into is named")
	case c.Hz < 1 || c.Hz > maxHz:
		return fmt.Errorf("hz: %d is not between 1 and %d", c.Hz, maxHz)
	case c.FaultPeriod < 0:
		return fmt.Errorf("fault_period: %d is negative", c.FaultPeriod)
	}
	if err := c.placement().check(); err != nil {
		return fmt.Errorf("placement: %w", err)
	}
	if c.Host != "" {
		if err := export.CheckName("host", c.Host); err != nil {
			return err
		}
	}
	if err := c.Events.check(); err != nil {
		return err
	}
	if _, err := rulesOf(c.Keep); err != nil {
		return err
	}
	if err := c.RemoteWrite.check(); err != nil {
		return err
	}
	for key := range c.Labels {
		if err := checkLabel(key); err != nil {
			return fmt.Errorf("labels: %w", err)
		}
	}
	return nil
}

func (c *config) settings() *settings {
	return &settings{
		out:         c.Out,
		host:        c.Host,
		name:        c.Name,
		labels:      c.Labels,
		hz:          c.Hz,
		events:      c.Events,
		faultPeriod: c.FaultPeriod,
		placement:   *c.placement(),
		trace:       c.trace(),
		agentCPUs:   c.AgentCPUs,
		maxBytes:    c.MaxBytes,
		keepFree:    c.KeepFree,
		calibration: c.Calibration,
		roots:       collect.Roots{Sys: c.SysRoot, Proc: c.ProcRoot},
	}
}

func (c *config) placement() *placementSettings {
	return &placementSettings{every: c.Placement, cgroups: c.Cgroups}
}

func (c *config) trace() traceSettings {
	rules, _ := rulesOf(c.Keep) // check has seen them
	return traceSettings{what: c.Trace, keep: rules, programs: c.GoPrograms, limit: c.TraceLimit}
}

// UnmarshalYAML takes what the flag of the same name takes.
func (b *byteSize) UnmarshalYAML(n *yaml.Node) error {
	size, err := parseSize(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*b = size
	return nil
}

var (
	yamlUnknown = regexp.MustCompile(`^line (\d+): field (.*) not found in type .*$`)
	yamlTwice   = regexp.MustCompile(`^line (\d+): (?:field|mapping key) "?(.*?)"? already .*$`)
	yamlType    = regexp.MustCompile("^line (\\d+): cannot unmarshal (!!\\w+)(?: `(.*)`)? into (.*)$")
)

// plainYAML words the decoder's errors, which name Go types, for the person
// who wrote the file.
func plainYAML(err error) error {
	var t *yaml.TypeError
	if !errors.As(err, &t) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var all []string
	for _, e := range t.Errors {
		switch {
		case yamlUnknown.MatchString(e):
			e = yamlUnknown.ReplaceAllString(e, `line $1: there is no setting "$2"`) + "; there is " + strings.Join(settingNames(), ", ")
		case yamlTwice.MatchString(e):
			e = yamlTwice.ReplaceAllString(e, `line $1: "$2" is set twice`)
		case yamlType.MatchString(e):
			e = wrongType(yamlType.FindStringSubmatch(e))
		}
		all = append(all, e)
	}
	return errors.New(strings.Join(all, "; "))
}

func wrongType(m []string) string {
	want := m[4]
	switch {
	case want == "int":
		want = "a whole number"
	case want == "string":
		want = "a text"
	case strings.HasPrefix(want, "map"), strings.HasPrefix(want, "struct"), strings.HasPrefix(want, "main."):
		want = "settings below it, as name: value"
	}
	got := m[3]
	if got == "" {
		got = map[string]string{"!!seq": "a list", "!!map": "settings"}[m[2]]
	} else {
		got = fmt.Sprintf("%q", got)
	}
	return fmt.Sprintf("line %s: want %s, and there is %s", m[1], want, got)
}

func settingNames() []string {
	t := reflect.TypeFor[config]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("yaml")
	}
	return names
}
