package imports

import (
	"fmt"
	"strconv"
	"time"
)

// placing says where on the time axis an input's capture lies.
type placing struct {
	begin, end int64 // ns since the epoch
	// how tells from what the begin is known, for the reader.
	how string
	// samples is what is added to a sample's time.
	samples int64
}

// anyZone is how far a clock of an unknown zone may be from UTC.
const anyZone = 15 * time.Hour

// place finds where a capture lies: by what the file itself says, by what the
// user says, or by when the file was last written.
func (s *survey) place(start time.Time) placing {
	realtime := s.sampled.any && s.fact(FactClock) == "realtime"
	if s.printed.any || realtime {
		p := placing{how: "the times that it prints"}
		span := s.printed
		if realtime {
			span.add(s.sampled.from)
			span.add(s.sampled.to)
		}
		p.begin, p.end = span.from, span.to
		return p
	}
	length := s.length()
	p := s.begin(start, length)
	p.end = p.begin + length
	if s.sampled.any {
		p.samples = p.begin - s.sampled.from
	}
	return p
}

// length is how long the capture took, as far as it is told.
func (s *survey) length() int64 {
	var n int64
	if s.relative.any {
		n = s.relative.to
	}
	if s.sampled.any {
		n = max(n, s.sampled.to-s.sampled.from)
	}
	return max(n, s.elapsed())
}

// elapsed is the length of a file's only capture, 0 when it is not told.
func (s *survey) elapsed() int64 {
	n, err := strconv.ParseInt(s.fact(FactElapsed), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (s *survey) begin(start time.Time, length int64) placing {
	if !start.IsZero() {
		return placing{begin: start.UnixNano(), how: "--start"}
	}
	byFile := s.in.Modified.UnixNano() - length
	told, err := time.Parse(time.RFC3339Nano, s.fact(FactStarted))
	if err != nil {
		return placing{begin: byFile, how: "the file's modification time, less its length"}
	}
	if off := time.Duration(told.UnixNano() - byFile); off.Abs() <= anyZone {
		return placing{begin: byFile, how: fmt.Sprintf("the file's modification time, less its length; it says that it began at %s, but not in which zone", told.Format(time.DateTime))}
	}
	return placing{begin: told.UnixNano(), how: fmt.Sprintf("what it says itself, %s, read as UTC: it does not say in which zone; --start tells it better", told.Format(time.DateTime))}
}

// at is the time of a figure, and how that is known.
func (p placing) at(f *Figure) int64 {
	switch {
	case f.Timed && f.Relative:
		return p.begin + f.TimeNS
	case f.Timed:
		return f.TimeNS
	}
	return p.end
}
