package hostinfo

import (
	"testing"

	"github.com/numalens/numalens/pkg/collect"
)

func TestOwnCapabilities(t *testing.T) {
	caps, ok := OwnCapabilities(change(t, "snc-2s4n", map[string]string{"proc/self/status": "CapInh:\t0000000000000000\nCapEff:\t000000c000080000\n"}))
	if !ok || !caps.Has(CapPerfmon) || !caps.Has(CapBPF) || !caps.Has(CapSysPtrace) || caps.Has(CapSysAdmin) || caps.Has(CapSyslog) {
		t.Errorf("%x, %v", caps, ok)
	}
	if _, ok := OwnCapabilities(fixture("snc-2s4n")); ok {
		t.Error("a status without CapEff tells capabilities")
	}
	if _, ok := OwnCapabilities(collect.HostRoots()); !ok {
		t.Error("the running kernel does not tell them")
	}
}
