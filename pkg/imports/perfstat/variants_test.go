package perfstat

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

// Rows of versions and ways to call perf that this machine's perf has not:
// what must be told, line by line, as goldens have it.
func TestVariants(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"3.10, values", "1234567,cycles\n<not counted>,instructions\n12.345678,task-clock\n",
			"1: host count \"cycles\" = 1.234567e+06 1\n2: host count \"instructions\" = null (<not counted>)\n3: host count \"task-clock\" = 1.2345678e+07 ns\n"},
		{"3.10, repeated", "1234567,cycles,0.23%\n", "1: host count \"cycles\" = 1.234567e+06 1 variance 0.0023\n"},
		{"3.10, sockets", "S0,8,1234567,cycles\nS1,8,5,cycles\n", "1: socket \"0\" count \"cycles\" = 1.234567e+06 1\n2: socket \"1\" count \"cycles\" = 5 1\n"},
		{"3.10, people", " Performance counter stats for './a.out':\n\n       1002.238780 task-clock                #    0.998 CPUs utilized\n     1,234,567,890 cycles                    #    1.232 GHz  [83.32%]\n",
			"fact target: command ./a.out\n3: host count \"task-clock\" = 1.00223878e+09 ns\n3: host metric \"CPUs utilized\" = 0.998 1 {\"event\":\"task-clock\"}\n4: host count \"cycles\" = 1.23456789e+09 1 share 0.8332\n4: host metric \"GHz\" = 1.232e+09 Hz share 0.8332 {\"event\":\"cycles\"}\n"},
		{"commas within an event", "1234,,cpu/event=0x3c,umask=0x1/,1000,100.00,,\n", "1: host count \"cpu/event=0x3c,umask=0x1/\" = 1234 1 ran 1000ns share 1\n"},
		{"a further metric", "1.000000000,S0,4,,,,,,22.0,%  tma_retiring\n", "1: +1000000000ns socket \"0\" metric \"tma_retiring\" = 22 %\n"},
		{"percore", "S0-D0-C0,100,,cpu/cycles,percore/,5,100.00,,\n", "1: core \"S0-D0-C0\" count \"cpu/cycles,percore/\" = 100 1 ran 5ns share 1\n"},
		{"a control group, decimal commas", "1000;;cycles;/sys;500;25,00;1,5;GHz\n", "1: cgroup \"/sys\" count \"cycles\" = 1000 1 ran 500ns share 0.25\n1: cgroup \"/sys\" metric \"GHz\" = 1.5e+09 Hz ran 500ns share 0.25 {\"event\":\"cycles\"}\n"},
		{"French numbers", " Performance counter stats for 'x':\n\n\u00a0 1\u202f234\u202f567      cycles\n 19\u202f730,56 msec task-clock\n",
			"fact target: command x\n3: host count \"cycles\" = 1.234567e+06 1\n4: host count \"task-clock\" = 1.973056e+10 ns\n"},
		{"metrics of a group", " Performance counter stats for 'ls':\n\n        TopdownL1 (cpu_core)                 #     22.0 %  tma_backend_bound\n                                             #      nan %  tma_bad_speculation\n",
			"fact target: command ls\n3: host metric \"tma_backend_bound\" = 22 % {\"group\":\"TopdownL1 (cpu_core)\"}\n4: host metric \"tma_bad_speculation\" = null (nan) {\"group\":\"TopdownL1 (cpu_core)\"}\n"},
		{"metrics alone, values", " time,socket,cpus,GHz,insn per cycle,\n     1.000000000,S0,4,1.5,,\n", "2: +1000000000ns socket \"0\" metric \"GHz\" = 1.5e+09 Hz\n2: +1000000000ns socket \"0\" metric \"insn per cycle\" = null ()\n"},
		{"decimal commas by node", "     1.000123456;N0;24;1234,56;msec;cpu-clock;100;100,00;1,000;CPUs utilized\n     1.000123456;bash-12;1,5;msec;cpu-clock;100;100,00;;\n",
			"1: +1000123456ns node \"0\" count \"cpu-clock\" = 1.23456e+09 ns ran 100ns share 1\n1: +1000123456ns node \"0\" metric \"CPUs utilized\" = 1 1 ran 100ns share 1 {\"event\":\"cpu-clock\"}\n2: +1000123456ns thread \"bash-12\" count \"cpu-clock\" = 1.5e+06 ns ran 100ns share 1\n"},
		{"the program's own output", "100 iterations\n Performance counter stats for 'ls':\n\n   7      cycles\n\n  0.5 seconds time elapsed\n\n200 iterations\n",
			"fact target: command ls\nfact elapsed_ns: 500000000\n4: host count \"cycles\" = 7 1\nwarning at 1: outside of what perf printed: \"100 iterations\"\nwarning at 8: outside of what perf printed: \"200 iterations\"\n"},
		{"metrics alone for people", "#           time  MB  Total_Memory_BW MB  Memory_RD_BW_Chip_1 branch-misses of all branches \n     1.000067388                 36.4                      0.2                          7.25% \n     2.000374276                 36.2                                                    nan% \n",
			"2: +1000067388ns host metric \"Total_Memory_BW\" = 36.4 MB\n2: +1000067388ns host metric \"Memory_RD_BW_Chip_1\" = 0.2 MB\n2: +1000067388ns host metric \"branch-misses of all branches\" = 7.25 %\n3: +2000374276ns host metric \"Total_Memory_BW\" = 36.2 MB\n3: +2000374276ns host metric \"branch-misses of all branches\" = null (nan)\n"},
		{"top-down", " Performance counter stats for 'system wide':\n\n                                retiring      bad speculation       frontend bound        backend bound \nS0-D0-C0           2                38.1%                 0.1%                32.1%                29.7% \nS0-D0-C1           2                32.5%                                     22.0%                40.5% \n",
			"fact target: system wide\n4: core \"S0-D0-C0\" metric \"retiring\" = 38.1 %\n4: core \"S0-D0-C0\" metric \"bad speculation\" = 0.1 %\n4: core \"S0-D0-C0\" metric \"frontend bound\" = 32.1 %\n4: core \"S0-D0-C0\" metric \"backend bound\" = 29.7 %\n5: core \"S0-D0-C1\" metric \"retiring\" = 32.5 %\n5: core \"S0-D0-C1\" metric \"frontend bound\" = 22 %\n5: core \"S0-D0-C1\" metric \"backend bound\" = 40.5 %\n"},
		{"metrics alone whose columns were squeezed", " Performance counter stats for 'x':\n\n  retiring bad speculation frontend bound\n  38.1% 0.1% 32.1%\n  1.0 seconds time elapsed\n  7 cycles\n", "fact target: command x\nfact elapsed_ns: 1000000000\nwarning at 3: not a row: \"retiring bad speculation frontend bound\"\nwarning at 4: metrics alone in columns (--metric-only) are left out: they do not stand below their heads as perf prints them. Print them with -x, or -j\nwarning at 6: outside of what perf printed: \"7 cycles\"\n"},
		{"a mailer's line breaks", " Performance counter stats for 'x':\n\n     1,254      cycles:u                  #    0.28  insn per\ncycle\n     1,255      LLC-loads                 #\n   1.232 M/sec\n     1,256      branches                  #   12.5 things of\nmany\n     1,257      cs                        #    0.1 K/sec\n   (58.73%)\n",
			"fact target: command x\n3: host count \"cycles:u\" = 1254 1\n3: host metric \"insn per cycle\" = 0.28 1 {\"event\":\"cycles:u\"}\n5: host count \"LLC-loads\" = 1255 1\n5: host metric \"/sec\" = 1.232e+06 1/s {\"event\":\"LLC-loads\"}\n7: host count \"branches\" = 1256 1\n9: host count \"cs\" = 1257 1 share 0.5873\n9: host metric \"/sec\" = 100 1/s share 0.5873 {\"event\":\"cs\"}\nwarning at 7: the line below may be the end of this one: its metric is left out; \"many\"\nwarning at 8: not a row: \"many\"\n"},
		{"a mailer's quotes", "> > Performance counter stats for 'x':\n> >\n> >      1,254      cycles:u\n", "fact target: command x\n3: host count \"cycles:u\" = 1254 1\n"},
		{"quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\n Performance counter stats for 'x':\n\n     1,254      cpu/event=3D0x3c/         #    0.28  insn pe=\nr cycle\n", "fact target: command x\n5: host count \"cpu/event=0x3c/\" = 1254 1\n5: host metric \"insn per cycle\" = 0.28 1 {\"event\":\"cpu/event=0x3c/\"}\nwarning at 1: not a row: \"Content-Transfer-Encoding: quoted-printable\"\n"},
		{"a mailer's encoding without its head", " Performance counter stats for 'x':\n\n     1,254      cycles         #    0.28  insn pe=\nr cycle\n", "fact target: command x\nwarning at 3: not a row: \"1,254      cycles         #    0.28  insn pe=\"\nwarning at 4: not a row: \"r cycle\"\n"},
		{"HTML", "Performance counter stats for &#39;x&#39;:\n\n     &lt;not counted&gt;      cycles:u   &nbsp; (0.00%)\n", "fact target: command x\n3: host count \"cycles:u\" = null (<not counted>) share 0\n"},
		{"5.1, values", "4565,,instructions,64114,100.00,1.34,insn per cycle,,\n", "1: host count \"instructions\" = 4565 1 ran 64114ns share 1\n1: host metric \"insn per cycle\" = 1.34 1 ran 64114ns share 1 {\"event\":\"instructions\"}\n"},
		{"a row that is not perf's to its end", "     5.000000000,N0,2,1000,,node-loads,500,50.00,,\n     5.000000000,N0,2,x,,node-loads,500,50.00,,\n", "1: +5000000000ns node \"0\" count \"node-loads\" = 1000 1 ran 500ns share 0.5\nerror: input:2: expected an event's running time and its share, found \"     5.000000000,N0,2,x,,node-loads,500,50.00,,\"\n"},
		{"a summary below intervals", "     1.001364330,9224197,,cycles,8012885033,100.00,,\n         summary,9224197,,cycles,8012885033,100.00,,\n", "1: +1001364330ns host count \"cycles\" = 9.224197e+06 1 ran 8012885033ns share 1\n2: host count \"cycles\" = 9.224197e+06 1 ran 8012885033ns share 1\n"},
		{"prose below a table that lacks its end", " Performance counter stats for 'x':\n\n     1,254      cycles\n\n3 patches follow\n2 things\n    16 files changed\n", "fact target: command x\n3: host count \"cycles\" = 1254 1\nwarning at 5: outside of what perf printed: \"3 patches follow\"\nwarning at 6: outside of what perf printed: \"2 things\"\nwarning at 7: outside of what perf printed: \"16 files changed\"\n"},
		{"a table of others below heads of rows", "#           time             counts unit events\n      1.001023931             26,624 \nhv_gpci/a_long_name/\n", "warning at 2: metrics alone in columns (--metric-only) are left out: no line of heads stands above them. Print them with -x, or -j\nwarning at 3: not a row: \"hv_gpci/a_long_name/\"\n"},
		{"variance that is none", " Performance counter stats for 'x' (2 runs):\n\n     0      cycles    #    nan  insn per cycle   ( +-  nan% )\n", "fact target: command x\nfact repeated: 2\n3: host count \"cycles\" = 0 1\n3: host metric \"insn per cycle\" = null (nan) {\"event\":\"cycles\"}\n"},
		{"squeezed, with a control group", " Performance counter stats for 'x':\n\n 15864 cycles system.slice\n", "fact target: command x\n3: cgroup \"system.slice\" count \"cycles\" = 15864 1\n"},
		{"a line of a blank that is none of ASCII", " Performance counter stats for 'x':\n\n     3      cycles\n\u00a0\n       1.0 seconds time elapsed\n", "fact target: command x\nfact elapsed_ns: 1000000000\n3: host count \"cycles\" = 3 1\nwarning at 4: not a row: \"\\u00a0\"\n"},
		{"metrics of 6.17", " Performance counter stats for 'x':\n\n     3,000,000      cycles                    #      3.0 GHz  cycles_frequency\n                     9      cpu-migrations            #      1.5 migrations/sec  migrations_per_second\n", "fact target: command x\n3: host count \"cycles\" = 3e+06 1\n3: host metric \"cycles_frequency\" = 3e+09 Hz {\"event\":\"cycles\"}\n4: host count \"cpu-migrations\" = 9 1\n4: host metric \"migrations_per_second\" = 1.5 migrations/sec {\"event\":\"cpu-migrations\"}\n"},
	} {
		if n := Format().Detect([]byte(c.text)); n < 50 {
			t.Errorf("%s: not detected: %d", c.name, n)
		}
		if got := importstest.Read(Format(), c.text).Text(); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// What others print is not taken for perf's.
func TestOthersOutputIsNotDetected(t *testing.T) {
	for _, text := range []string{
		"a,b,c\n1.5,foo,bar\n2.5,foo,bar\n",
		"PID USER      PR\n  123 root      20   0  100\n  200 top   # 3 x\n",
		"16167,76,msec,cpu-clock,16167755803,100,00,16,168,CPUs utilized\n",
		"BenchmarkX-8    100    12.5 ns/op\n",
		strings.Repeat("x", 100000),
		"",
	} {
		if n := Format().Detect([]byte(text)); n >= 50 {
			t.Errorf("%.40q: %d", text, n)
		}
	}
}
