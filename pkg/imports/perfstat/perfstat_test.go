package perfstat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"     1.000659830,4100064372,,cpu-cycles,16139216640,16.66,0.042,GHz\n",
		"1.0;S0;2;12,5;msec;cpu-clock;1;100,00;;\n1.000000000;S0-D0-C1;2;<not counted>;;cycles;0;0,00;;",
		" Performance counter stats for 'x' (5 runs):\n\n  1.234,56 msec task-clock:u  #  0,1 CPUs utilized ( +-  0,23% )  (58,73%)\n  TopdownL1  # 22.0 %  tma_x\n  # nan % y\n 1,0 seconds time elapsed\n",
		`{"interval" : 1.001, "node" : "N0", "counter-value" : "12.5", "unit" : "MiB", "event" : "x", "event-runtime" : 3, "pcnt-running" : 54.00, "metric-value" : "nan", "metric-unit" : "%  y"}` + "\n",
		" time,GHz,\n 1.000000000,1.5,\n",
		"bash-12,7,,cycles,1,100.00,,\nCPU0,1,,cpu/event=0x3c,umask=0x1/,/g,1,100.00,,\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		Format().Detect([]byte(text))
		k := importstest.Read(Format(), text)
		importstest.Sound(t, k, text)
		for _, x := range k.Figures {
			if x.Running > 1e12 {
				t.Fatalf("%+v", x)
			}
		}
	})
}
