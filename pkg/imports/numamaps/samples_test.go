package numamaps

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestFactsOfRealCaptures(t *testing.T) {
	k := readSample(t, "qemu_gmem_interleave.txt")
	sums := map[string]float64{}
	for _, f := range k.Figures {
		if f.Labels["policy"] != "interleave:2-3" || !strings.HasSuffix(f.Labels["mapping"], "-backend-memfd-shared (deleted)") || strings.Contains(f.Labels["mapping"], "\\") {
			t.Errorf("%+v", f)
		}
		if f.Line == 2 {
			t.Errorf("the mapping without counts has one: %+v", f)
		}
		if f.Name[0] == 'N' || f.Line == 1 {
			sums[f.Name] += f.Value
		}
	}
	for name, want := range map[string]float64{"N2": 1126, "N3": 1785, "mapped": 1987, "mapmax": 256} {
		if sums[name] != want {
			t.Errorf("%s: %v, want %v", name, sums[name], want)
		}
	}
	k = readSample(t, "webfoot_bash_2node.txt")
	pages := map[int32]int64{}
	for _, r := range k.Placements {
		pages[r.Node] += r.Pages * r.PageBytes / 4096
	}
	if pages[0] != 231 || pages[1] != 1 {
		t.Errorf("%v", pages)
	}
	for _, f := range k.Figures {
		if want, is := map[string]float64{"anon": 112, "N0": 111, "N1": 1}[f.Name]; is && f.Labels["mapping"] == "heap" && f.Value != want {
			t.Errorf("%+v", f)
		}
	}
}

func readSample(t *testing.T, file string) *importstest.Kept {
	t.Helper()
	text := importstest.Sample(t, "numa_maps/"+file)
	if Format().Detect([]byte(text)) < 50 {
		t.Error("it is not detected")
	}
	k := importstest.Read(Format(), text)
	if k.Err != nil || len(k.Warnings) != 1 || !k.Warned(1, "which process") {
		t.Fatalf("%v, %v", k.Err, k.Warnings)
	}
	return k
}
