package hostinfo

import (
	"reflect"
	"slices"
	"testing"
)

func TestBootArguments(t *testing.T) {
	if !slices.IsSorted(bearing) {
		t.Fatal("the names are searched by halves, and are not in order")
	}
	got := bootArguments("root=/dev/secret quiet isolcpus=managed_irq,2-3 nohz_full=2-3 intel_idle.max_cstate=1 password=x -- mitigations=off")
	if want := []string{"isolcpus=managed_irq,2-3", "nohz_full=2-3", "intel_idle.max_cstate=1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestHypervisor(t *testing.T) {
	const dmi = "sys/devices/virtual/dmi/id/"
	for _, c := range []struct {
		files map[string]string
		want  string
	}{
		{nil, ""},
		{map[string]string{"proc/cpuinfo": "flags\t: fpu hypervisor"}, "unnamed"},
		{map[string]string{"proc/cpuinfo": "flags\t: fpu hypervisor", dmi + "sys_vendor": "QEMU\n", dmi + "product_name": "Standard PC\n"}, "QEMU Standard PC"},
		{map[string]string{"proc/cpuinfo": "flags\t: fpu hypervisor", "sys/hypervisor/type": "xen\n"}, "xen"},
		// Hardware of a cloud, and arm64, which has no such flag.
		{map[string]string{"proc/cpuinfo": "flags\t: fpu", dmi + "sys_vendor": "Amazon EC2\n", dmi + "product_name": "m5.metal\n"}, ""},
		{map[string]string{"proc/cpuinfo": "Features\t: fp", dmi + "sys_vendor": "Amazon EC2\n", dmi + "product_name": "m7g.metal\n"}, ""},
		{map[string]string{"proc/cpuinfo": "Features\t: fp", dmi + "sys_vendor": "Amazon EC2\n", dmi + "product_name": "m7g.large\n"}, "Amazon EC2 m7g.large"},
		{map[string]string{"proc/cpuinfo": "Features\t: fp", dmi + "sys_vendor": "Huawei\n", dmi + "product_name": "TaiShan\n"}, ""},
	} {
		info, err := Read(change(t, "snc-2s4n", c.files))
		if err != nil {
			t.Fatal(err)
		}
		if info.AsFound.Hypervisor != c.want {
			t.Errorf("%q: %q, want %q", c.files, info.AsFound.Hypervisor, c.want)
		}
	}
}
