package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// marks are what parsers decide by.
const marks = "0123456789.,;:%#|@ \t\n<>{}[]()\"'-+/\\=NSCKMG\r\x1b\xff\x00"

var numbers = []string{"0", "-1", "18446744073709551615", "18446744073709551616", "9223372036854775807", "-9223372036854775808", "1e308", "1e999", "-1e-999", "NaN", "Inf", "0x7fffffffffffffff", "4294967296", "00000000000000000000000000000001", "1,234,567", "1.234.567,89", "1'000", "１２", "½", "9" + "99999999999999999999999999999999999999999999"}

var wordings = []string{"\x00\x00\x00\x00", "\xff\xfe", "\xef\xbb\xbf", "\xc3\x28", "\u202f", "\u00a0", "\r\n", "\x1b[31m", "> ", "&lt;", "<not counted>", "<not supported>", "Node 0", "N0=1", "% ", "K/sec", "==> x <==\n", "[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "\n\n", "\t", "Total", "# ", "node   0   1\n", "...", "(null)", "root@host:~# perf stat -a\n", "```\n"}

// mutated is a copy of a text with one to a few things wrong.
func mutated(rnd *rand.Rand, text []byte, others []seed) []byte {
	// Short inputs are read by the million; long ones now and then.
	most := 1024
	if rnd.IntN(16) == 0 {
		most = 8192
	}
	var p []byte
	if from := rnd.IntN(len(text)); len(text) < most || rnd.IntN(3) > 0 {
		p = slices.Clone(text[:min(len(text), most)])
	} else {
		// Its beginning, and a piece from anywhere.
		p = slices.Concat(text[:rnd.IntN(most/2)], text[from:min(len(text), from+rnd.IntN(most/2))])
	}
	for range 1 + rnd.IntN(5) {
		if len(p) == 0 {
			break
		}
		p = step(rnd, p, others)
	}
	return p
}

func step(rnd *rand.Rand, p []byte, others []seed) []byte {
	at := rnd.IntN(len(p))
	switch rnd.IntN(14) {
	case 0:
		return p[:at]
	case 1:
		p[at] = marks[rnd.IntN(len(marks))]
	case 2:
		p[at] ^= 1 << rnd.IntN(8)
	case 3:
		other := others[rnd.IntN(len(others))].text
		from := rnd.IntN(len(other))
		return slices.Insert(p, at, other[from:min(len(other), from+rnd.IntN(300))]...)
	case 4:
		return slices.Delete(p, at, min(len(p), at+rnd.IntN(60)))
	case 5:
		return number(rnd, p, at)
	case 6:
		return slices.Insert(p, at, []byte(wordings[rnd.IntN(len(wordings))])...)
	case 7, 8, 9:
		return reordered(rnd, p)
	case 10:
		// Columns move.
		a, b := byte(' '), marks[rnd.IntN(len(marks))]
		return bytes.ReplaceAll(p, []byte{a}, []byte{b})
	case 11:
		return bytes.ReplaceAll(p, []byte("  "), []byte(" "))
	case 12:
		return deep(rnd, p, at)
	case 13:
		for range rnd.IntN(16) {
			p[rnd.IntN(len(p))] = byte(rnd.Uint32())
		}
	}
	return p
}

// number puts another one in place of the one at or behind a place.
func number(rnd *rand.Rand, p []byte, at int) []byte {
	from := at + max(0, bytes.IndexAny(p[at:], "0123456789"))
	to := from
	for to < len(p) && p[to] >= '0' && p[to] <= '9' {
		to++
	}
	return slices.Replace(p, from, to, []byte(numbers[rnd.IntN(len(numbers))])...)
}

// reordered has its lines swapped, doubled, joined or wrapped.
func reordered(rnd *rand.Rand, p []byte) []byte {
	lines := bytes.SplitAfter(p, []byte("\n"))
	a, b := rnd.IntN(len(lines)), rnd.IntN(len(lines))
	switch rnd.IntN(6) {
	case 0:
		lines[a], lines[b] = lines[b], lines[a]
	case 1:
		lines = slices.Insert(lines, b, lines[a])
	case 2:
		lines = slices.Delete(lines, min(a, b), max(a, b))
	case 3:
		lines[a] = bytes.TrimRight(slices.Clone(lines[a]), "\n")
	case 4:
		head := slices.Clone(lines[:1+rnd.IntN(len(lines))])
		lines = slices.Insert(lines, b, head...)
	case 5:
		at := rnd.IntN(len(lines[a]) + 1)
		lines[a] = slices.Insert(slices.Clone(lines[a]), at, '\n')
	}
	return bytes.Join(lines, nil)
}

// deep has something a thousand times: brackets, digits, a line.
func deep(rnd *rand.Rand, p []byte, at int) []byte {
	units := []string{"[", "{\"a\":", "9", ",", ";", "\n", "(", " ", "\"", "\\", "x", "\x00"}
	unit := []byte(units[rnd.IntN(len(units))])
	if rnd.IntN(3) == 0 {
		unit = p[at:min(len(p), at+1+rnd.IntN(30))]
	}
	return slices.Insert(p, at, bytes.Repeat(slices.Clone(unit), 1+rnd.IntN(2000))...)
}

// packed packs an input, or damages it packed, or makes a bomb of it.
func packed(rnd *rand.Rand, p []byte) []byte {
	if rnd.IntN(8) == 0 && len(p) > 0 {
		p = bytes.Repeat(p, 1+(8<<20)/len(p))
	}
	var b bytes.Buffer
	switch rnd.IntN(4) {
	case 0:
		return p
	case 1:
		w := gzip.NewWriter(&b)
		w.Write(p)
		w.Close()
	case 2:
		if w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1)); err == nil {
			w.Write(p)
			w.Close()
		}
	case 3:
		if w, err := xz.NewWriter(&b); err == nil {
			w.Write(p)
			w.Close()
		} else {
			fmt.Println(err)
		}
	}
	out := b.Bytes()
	if rnd.IntN(2) == 0 && len(out) > 0 {
		out = step(rnd, out, []seed{{text: []byte("x")}})
	}
	return out
}
