package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if !runLoad(os.Args) {
		os.Exit(m.Run())
	}
}

// TestLinesAreGoBenchmarks runs the parts that need no privilege, shortly.
func TestLinesAreGoBenchmarks(t *testing.T) {
	var out bytes.Buffer
	b := bench{duration: 100 * time.Millisecond, count: 1, hz: 10, loads: []string{"busy"}, parts: []string{"none", "numastat"}, out: &out}
	if err := b.run(); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		names[fields[0]] = true
		if len(fields) < 4 || len(fields)%2 != 0 || fields[1] != "1" {
			t.Fatalf("%q is not name, count and pairs of value and unit", line)
		}
		for i := 2; i < len(fields); i += 2 {
			if _, err := strconv.ParseFloat(fields[i], 64); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
	for _, want := range []string{"BenchmarkAgent/busy/none", "BenchmarkAgent/busy/numastat"} {
		if !names[want] {
			t.Errorf("no line of %s:\n%s", want, out.String())
		}
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	for _, b := range []bench{{loads: []string{"tired"}}, {parts: []string{"half"}}} {
		if err := b.run(); err == nil || !strings.Contains(err.Error(), "there are") {
			t.Errorf("%+v: error %v", b, err)
		}
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	before, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	spin(50 << 20)
	after, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	c := before.until(after, 10)
	if c.core <= 0 || c.rows <= 0 || c.irqs < 0 {
		t.Errorf("%+v", c)
	}
}

func TestInterruptsThatCount(t *testing.T) {
	for line, want := range map[string]bool{
		"LOC:      43965     289040   Local timer interrupts": true,
		"CAL:     167581      83225   Function call":          true,
		"IPI0:      1  2  Rescheduling interrupts":            true,
		" 11:  5  6  GICv3  27 Level     arch_timer":          true,
		" 24:          1          0  IO-APIC   5-edge ACPI":   false,
		"NMI:          0          0   Non-maskable":           false,
	} {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		if ours(name, rest) != want {
			t.Errorf("%q: %v", line, !want)
		}
	}
}
