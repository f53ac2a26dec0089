package imports

import (
	"strconv"
	"strings"
	"time"
)

// dateLayouts are what date(1), watch and loggers print.
var dateLayouts = []string{
	time.ANSIC,
	time.UnixDate,
	"Mon 2 Jan 2006 03:04:05 PM MST", // date(1) in en_US since coreutils 8.31
	"Mon Jan _2 03:04:05 PM MST 2006",
	"Mon _2 Jan 15:04:05 MST 2006", // en_GB
	"Mon 2 Jan 15:04:05 2006",
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 -0700",
	"2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999",
	time.RFC1123Z,
	time.RFC1123,
}

// ParseDate reads a line that is nothing but a date and a time, or seconds
// since the epoch. zoned is false where it does not tell its zone for sure,
// and is read as UTC: abbreviations of zones mean several.
func ParseDate(line string) (ns int64, zoned, ok bool) {
	s := strings.Join(strings.Fields(line), " ")
	if len(s) < 10 || len(s) > 60 {
		return 0, false, false
	}
	if ns, ok := epoch(s); ok {
		return ns, true, true
	}
	for _, layout := range dateLayouts {
		t, err := time.ParseInLocation(strings.Join(strings.Fields(strings.ReplaceAll(layout, "_2", "2")), " "), s, time.UTC)
		if err != nil || t.Year() < 1980 || t.Year() > 2200 {
			continue
		}
		zone, offset := t.Zone()
		if strings.Contains(layout, "MST") && zone != "UTC" && zone != "GMT" && !strings.Contains(layout, "-0700") {
			// Go gives an abbreviation that it does not know the offset 0, and
			// one that this machine's own zone has its offset: neither is told.
			return t.UnixNano() + int64(offset)*1e9, false, true
		}
		zoned := strings.Contains(layout, "MST") || strings.Contains(layout, "07:00") || strings.Contains(layout, "-0700")
		return t.UnixNano(), zoned, true
	}
	return 0, false, false
}

// epoch reads 1630300660 and 1630300660.123456789.
func epoch(s string) (int64, bool) {
	whole, part, _ := strings.Cut(s, ".")
	if len(whole) != 10 || len(part) > 9 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil {
		return 0, false
	}
	f, err := strconv.ParseUint((part + "000000000")[:9], 10, 63)
	return int64(n)*1e9 + int64(f), err == nil
}
