package pagemap

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"# pid 7\n# page_bytes 4096\naddress,node\n0x1000,1\n",
		"# page_bytes 4096\n# node 0 0x0-0x1000\nvoffset\toffset\tlen\tflags\n10\t0\t3\t__a_______________________________\n",
	)
}

func TestRefused(t *testing.T) {
	for text, says := range map[string]string{
		"voffset\toffset\tflags\n":                            "not of which node",
		"# node 0 0x0-0x100000\nvoffset\toffset\tflags\n":     "page_bytes",
		"address,node\n0x1,0\n":                               "page_bytes",
		"# page_bytes 4096\naddress,node,colour\n0x1,0,red\n": "columns of",
		"# page_bytes 4096\naddress,node\n0x1,0,3\n":          "2 columns",
		"# page_bytes 4096\naddress,node\n0x1,zero\n":         "a number in column node",
		"# page_bytes 4096\naddress,node,kind\n0x1,0,mine\n":  "a kind",
		"# page_bytes 5000\naddress,node\n0x1,0\n":            "power of two",
		"# time Monday\n":                                     "a time",
	} {
		if k := importstest.Read(Format(), text); k.Err == nil || !strings.Contains(k.Err.Error(), says) {
			t.Errorf("%q: %v", text, k.Err)
		}
	}
}

// A run of frames that goes on in another node is counted on both.
func TestARunOfTwoNodes(t *testing.T) {
	k := importstest.Read(Format(), "# pid 9\n# page_bytes 4096\n# node 0 0x0-0x10000\n# node 1 0x12000-0x20000\nvoffset\toffset\tlen\tflags\n1000\te\t6\t___U_lA____Ma_b___________________________________\n")
	want := map[int32]int64{0: 2, -1: 2, 1: 2}
	for _, r := range k.Placements {
		if want[r.Node] != r.Pages || r.Anon != r.Pages || r.Kind != "anonymous" {
			t.Errorf("%+v", r)
		}
	}
	if k.Err != nil || len(k.Placements) != 3 {
		t.Error(k.Err, k.Placements)
	}
}
