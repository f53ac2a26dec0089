package perfstat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestClocksWithoutAUnit(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"6.17, values", "1.001000000,44000123456,,cpu-clock,44000120000,100.00,44.000,CPUs utilized\n",
			"1: +1001000000ns host count \"cpu-clock\" = 4.4000123456e+10 ns ran 44000120000ns share 1\n" +
				"1: +1001000000ns host metric \"CPUs utilized\" = 44 1 ran 44000120000ns share 1 {\"event\":\"cpu-clock\"}\n"},
		{"6.17, of a user", "1500000,,task-clock:u,1500000,100.00,0.500,CPUs utilized\n",
			"1: host count \"task-clock:u\" = 1.5e+06 ns ran 1500000ns share 1\n" +
				"1: host metric \"CPUs utilized\" = 0.5 1 ran 1500000ns share 1 {\"event\":\"task-clock:u\"}\n"},
		{"6.17, people", " Performance counter stats for 'x':\n\n     2,003,004,005      task-clock       #    2.000 CPUs utilized\n",
			"fact target: command x\n3: host count \"task-clock\" = 2.003004005e+09 ns\n" +
				"3: host metric \"CPUs utilized\" = 2 1 {\"event\":\"task-clock\"}\n"},
		{"3.18, values", "12.000000,,task-clock:u,12000000,100.00\n",
			"1: host count \"task-clock:u\" = 1.2e+07 ns ran 12000000ns share 1\n"},
	} {
		if got := importstest.Read(Format(), c.text).Text(); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}
