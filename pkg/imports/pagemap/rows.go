package pagemap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// row reads a row of either form.
func (d *dump) row(text string) error {
	if d.list {
		return d.listed(strings.Fields(text))
	}
	words := strings.Split(text, ",")
	if d.lines.Cut() && (len(words) < len(d.columns) || !textLast[d.columns[len(d.columns)-1]]) {
		d.sink.Warn(d.lines.Number(), "the file ends with this row, which may lack something: it is left out")
		return nil
	}
	if len(words) != len(d.columns) {
		return d.lines.Wrong(fmt.Sprintf("%d columns", len(d.columns)))
	}
	k := placed{pid: d.pid, comm: d.comm, pageBytes: d.pageBytes, kind: export.PlacedAnonymous, node: -1}
	pages := int64(1)
	for i, w := range words {
		if len(w) > maxField {
			return d.lines.Wrong("a field that is shorter")
		}
		if err := d.field(&k, &pages, d.columns[i], strings.TrimSpace(w)); err != nil {
			return err
		}
	}
	return d.add(k, pages, -1, -1)
}

// maxField bounds what is kept.
const maxField = 1 << 10

// textLast are columns of words: a word that was cut shows, a number does not.
var textLast = map[string]bool{"kind": true}

func (d *dump) field(k *placed, pages *int64, column, w string) (err error) {
	switch column {
	case "address":
		_, err = strconv.ParseUint(strings.TrimPrefix(w, "0x"), 16, 64)
	case "node":
		if w != "" && w != "-1" {
			var n uint64
			n, err = strconv.ParseUint(w, 10, 10)
			k.node = int32(n)
		}
	case "pages":
		*pages, err = strconv.ParseInt(w, 10, 48)
	case "page_bytes":
		k.pageBytes, err = strconv.ParseInt(w, 10, 48)
		if k.pageBytes < 1 {
			return d.lines.Wrong("a size of pages")
		}
	case "kind":
		k.kind = export.PlacementKind(w)
		if !slices.Contains(export.PlacementKinds(), k.kind) {
			return d.lines.Wrong("a kind: anonymous, file, shared, heap or stack")
		}
	case "policy":
		k.policy = strings.Clone(w)
	case "pid":
		k.pid, err = strconv.ParseInt(w, 10, 32)
	case "comm":
		k.comm = strings.Clone(w)
	}
	if err != nil || *pages < 0 || k.pid < 0 {
		return d.lines.Wrong("a number in column " + column)
	}
	return nil
}

// listed is a row of page-types: virtual page, frame, their number with -l,
// and flags. All but the flags are hexadecimal.
func (d *dump) listed(words []string) error {
	if len(words) != len(d.columns) {
		return d.lines.Wrong(fmt.Sprintf("%d columns", len(d.columns)))
	}
	if d.lines.Cut() && len(words[len(words)-1]) < 30 {
		d.sink.Warn(d.lines.Number(), "the file ends within this row: it is left out")
		return nil
	}
	pages := uint64(1)
	_, err := strconv.ParseUint(words[0], 16, 64)
	frame, frameErr := strconv.ParseUint(words[1], 16, 55)
	var lenErr error
	if len(words) == 4 {
		pages, lenErr = strconv.ParseUint(words[2], 16, 40)
	}
	flags := words[len(words)-1]
	if err != nil || frameErr != nil || lenErr != nil || strings.Trim(flags, "_"+letters) != "" {
		return d.lines.Wrong("hexadecimal numbers and flags")
	}
	anon, dirty := int64(0), int64(0)
	if strings.Contains(flags, "a") {
		anon = int64(pages)
	}
	if strings.Contains(flags, "D") {
		dirty = int64(pages)
	}
	// A run of frames may go on in another node.
	for pages > 0 {
		k := placed{pid: d.pid, comm: d.comm, pageBytes: d.pageBytes, kind: kindOf(flags)}
		n := uint64(0)
		k.node, n = d.run(frame, pages)
		if err := d.add(k, int64(n), min(anon, int64(n)), min(dirty, int64(n))); err != nil {
			return err
		}
		frame, pages = frame+n, pages-n
	}
	return nil
}

// letters are those of page-types' long flags.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// kindOf tells by page-types' flags: a is anonymous, b backed by swap, which
// of pages that are not anonymous only shared memory is.
func kindOf(flags string) export.PlacementKind {
	switch {
	case strings.Contains(flags, "a"):
		return export.PlacedAnonymous
	case strings.Contains(flags, "b"):
		return export.PlacedShared
	}
	return export.PlacedFile
}

// run tells how many of so many frames lie on the first one's node.
func (d *dump) run(frame, pages uint64) (int32, uint64) {
	size := uint64(d.pageBytes)
	if frame > (1<<63)/size {
		return -1, pages
	}
	at := frame * size
	node, end := int32(-1), uint64(1<<63)
	for _, r := range d.ranges {
		if at >= r.from && at < r.to {
			node, end = r.node, r.to
			break
		}
		if r.from > at {
			end = min(end, r.from)
		}
	}
	return node, max(min(pages, (end-at)/size), 1)
}
