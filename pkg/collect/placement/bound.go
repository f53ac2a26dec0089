package placement

import "time"

// nsPerPage is what walking one small page took on the slowest host that was
// measured (21 ms a GB): the estimate begins there.
const nsPerPage = 80

// walkCost estimates how long the kernel walks a process's page tables. A
// host that proves slower is believed at once, one that proves quicker
// slowly.
type walkCost struct{ perPage float64 }

func (w *walkCost) of(pages int64) time.Duration {
	return time.Duration(float64(pages) * w.perPage)
}

// learn takes what a walk took. Short ones say more about the file's mappings
// than about pages.
func (w *walkCost) learn(pages int64, took time.Duration) {
	const enough = 10_000
	if pages < enough {
		return
	}
	seen := max(float64(took)/float64(pages), nsPerPage)
	if seen < w.perPage {
		seen = w.perPage + (seen-w.perPage)/8
	}
	w.perPage = seen
}
