package importstest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// Large are inputs of any length, by the name of what they are like. Each
// writes at least as many bytes as it is asked for, and holds nothing.
var Large = map[string]func(w io.Writer, bytes int64) error{
	"perf.data":               largeData,
	"perf script":             largeScript,
	"perf stat -I -x":         largeStat,
	"perf stat --per-thread":  largeThreads,
	"perf stat of 300 events": largeEvents,
	"numastat series":         largeSeries,
}

// repeated writes lines until there are enough bytes of them.
func repeated(w io.Writer, bytes int64, line func(w io.Writer, i int)) error {
	b := bufio.NewWriterSize(w, 1<<16)
	var n counter
	for i := 0; int64(n) < bytes; i++ {
		line(io.MultiWriter(b, &n), i)
	}
	return b.Flush()
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// largeData is what perf mem record writes, of one event without an id.
func largeData(w io.Writer, size int64) error {
	const (
		fields     = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<7 | 1<<8 | 1<<14 | 1<<15 | 1<<19
		headBytes  = 104
		attrBytes  = 128
		oneRecord  = 80
		fromMemory = 0x1a29101042
	)
	le := binary.LittleEndian
	records := size / oneRecord
	var p []byte
	put := func(values ...uint64) {
		for _, v := range values {
			p = le.AppendUint64(p, v)
		}
	}
	p = append(p, "PERFILE2"...)
	put(headBytes, attrBytes+16, headBytes, attrBytes+16, headBytes+attrBytes+16, uint64(records*oneRecord), 0, 0, 0, 0, 0, 0)
	put(attrBytes<<32|4, 0x1cd, 1000, fields)
	p = append(p, make([]byte, attrBytes+16-32)...)
	b := bufio.NewWriterSize(w, 1<<16)
	b.Write(p)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range uint64(records) {
		p = p[:0]
		put(oneRecord<<48|9, 0x400000+rnd.Uint64N(1<<16), 100<<32|(100+i%64), 1e12+i*1000+rnd.Uint64N(100), rnd.Uint64N(1<<47), i%128, 1000+i%7, 30+rnd.Uint64N(1000), fromMemory, rnd.Uint64N(1<<36))
		b.Write(p)
	}
	return b.Flush()
}

func largeScript(w io.Writer, size int64) error {
	rnd := rand.New(rand.NewPCG(2, 2))
	return repeated(w, size, func(w io.Writer, i int) {
		fmt.Fprintf(w, "            worker%-3d %6d [%03d] %d.%06d:     275012 mem-loads:     %12x      1a29101042 |OP LOAD|LVL Local RAM or RAM hit|SNP None|TLB L1 hit|LCK N/A|BLK  N/A             %3d            3250           %x [unknown] ([unknown])       %x\n",
			i%50, 1000+i%64, i%128, 1000+i/100000, i%100000*10, rnd.Uint64N(1<<47), 30+rnd.IntN(1000), 0x400000+rnd.IntN(1<<16), rnd.Uint64N(1<<36))
	})
}

func largeStat(w io.Writer, size int64) error {
	fmt.Fprintln(w, "# started on Tue Nov 24 15:17:23 2026")
	fmt.Fprintln(w)
	events := []string{"cycles", "instructions", "node-loads", "node-load-misses", "node-stores", "cache-misses"}
	return repeated(w, size, func(w io.Writer, i int) {
		second, rest := i/(len(events)*4)+1, i%(len(events)*4)
		fmt.Fprintf(w, "     %d.%09d,N%d,24,%d,,%s,%d,%d.00,,\n", second, 659830+second%1000, rest/len(events), 1000003*(i%977), events[rest%len(events)], 240000000, 50+i%51)
	})
}

// largeThreads has names that never come again.
func largeThreads(w io.Writer, size int64) error {
	fmt.Fprintln(w, "# started on Tue Nov 24 15:17:23 2026")
	fmt.Fprintln(w)
	return repeated(w, size, func(w io.Writer, i int) {
		fmt.Fprintf(w, "     %d.000659830,worker-%d,%d,,context-switches,24000000,100.00,,\n", i/1000+1, 10000+i, i%977)
	})
}

func largeEvents(w io.Writer, size int64) error {
	fmt.Fprintln(w, "# started on Tue Nov 24 15:17:23 2026")
	fmt.Fprintln(w)
	return repeated(w, size, func(w io.Writer, i int) {
		fmt.Fprintf(w, "     %d.000659830,S%d,24,%d,,uncore_event_%d,24000000000,100.00,,\n", i/600+1, i/300%2, 1000003*(i%977), i%300)
	})
}

func largeSeries(w io.Writer, size int64) error {
	rows := strings.Fields("MemTotal MemFree MemUsed Active Inactive Dirty FilePages Mapped AnonPages Shmem Slab HugePages_Total HugePages_Free")
	begin := time.Date(2026, 11, 24, 15, 12, 27, 0, time.UTC)
	return repeated(w, size, func(w io.Writer, i int) {
		fmt.Fprintf(w, "%s\n\nPer-node system memory usage (in MBs):\n                          Node 0          Node 1          Node 2          Node 3           Total\n", begin.Add(time.Duration(i)*time.Second).Format(time.UnixDate))
		fmt.Fprintln(w, "                 --------------- --------------- --------------- --------------- ---------------")
		for k, row := range rows {
			a := float64(k*1000+i%997) / 2
			fmt.Fprintf(w, "%-16s %15.2f %15.2f %15.2f %15.2f %15.2f\n", row, a, a+1, a+2, a+3, 4*a+6)
		}
	})
}
