package numamaps

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"00400000 default file=/a\\040b anon=5 dirty=5 N0=5 kernelpagesize_kB=4\n",
		"> 7f00 weighted interleave:0-1 huge anon=5\n> N0=4 N1=1 kernelpagesize_kB=2048",
	)
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		"7f0000000000 default anon=5 dirty=5 N0=5 kernelpag\n7f0000001000 default anon=1 N0=1 kernelpagesize_kB=4\n",
		"7f0000000000 default anon=5 dirty=5 N0=5\n7f0000001000 default anon=1 N0=1 kernelpagesize_kB=4\n",
		"7f0000000000 default anon=5 N0=5 kernelpagesize_kB=4\n7f0000001000 default anon=1 N0=1\n7f0000002000 default\n",
		"7f0000000000 default anon=5 N0=5 N0=6 kernelpagesize_kB=4\n",
		"7f0000000000 default anon=5,000 N0=5 kernelpagesize_kB=4\n",
		"7f0000000000 default anon=5 N0=5 kernelpagesize_kB=5\n",
	} {
		if k := importstest.Read(Format(), text); k.Err == nil {
			t.Errorf("%q is read: %v", text, k.Figures)
		}
	}
}

// Sums of several looks are never one look's.
func TestAnotherLook(t *testing.T) {
	const one, two = "7f0000000000 default anon=5 N0=5 kernelpagesize_kB=4\n", "7f0000000000 default anon=6 N0=6 kernelpagesize_kB=4\n"
	k := importstest.Read(Format(), one+two)
	if len(k.Placements) != 1 || k.Placements[0].Pages != 5 || !k.Warned(2, "begin again") || len(k.Figures) != 4 {
		t.Errorf("%+v %v", k.Placements, k.Warnings)
	}
	k = importstest.Read(Format(), "Tue Nov 24 10:00:00 UTC 2026\n"+one+"Tue Nov 24 10:00:05 UTC 2026\n"+two)
	if len(k.Placements) != 2 || k.Placements[0].Pages != 5 || k.Placements[1].Pages != 6 || k.Placements[1].TS-k.Placements[0].TS != 5e9 {
		t.Errorf("%+v %v", k.Placements, k.Warnings)
	}
	k = importstest.Read(Format(), "$ cat /proc/77/numa_maps\n"+one+"==> /proc/78/numa_maps <==\n"+two)
	if len(k.Placements) != 2 || k.Placements[0].PID != 77 || k.Placements[1].PID != 78 || len(k.Warnings) != 0 {
		t.Errorf("%+v %v", k.Placements, k.Warnings)
	}
	if f := k.Find(imports.ScopeProcess, "78", "N0"); len(f) != 1 || f[0].Value != 6 {
		t.Errorf("%+v", f)
	}
}
