package sampling

import "math"

const (
	maxEvery  = 1 << 20
	fade      = 0.8  // of a demand that has gone, each second
	dead      = 1.1  // a rate that is this near the right one stays
	recovery  = 1.05 // each second, of what was cut back
	leastTrim = 0.25
	pace      = 0.95 // of the budget is aimed at
	leastPart = 0.05 // of the budget is always there for samples
	leastRing = 50   // events a second, however small the ring is
	regrowth  = 1.02 // each second, of what the ring is thought to bear
)

// rates chooses how many events of each kind stand for one that is kept.
type rates struct {
	every  [KindCount]uint32
	demand [KindCount]float64 // events a second that no rule keeps: rises at once, fades slowly
	ruled  float64            // events a second that rules keep; likewise
	trim   float64            // of the room that is used, because the fit was wrong
	ring   float64            // events a second that the ring was seen to bear
	room   float64            // events a second that samples may have
}

func newRates() *rates {
	r := &rates{trim: 1, ring: math.Inf(1), room: math.Inf(1)}
	for i := range r.every {
		r.every[i] = 1
	}
	return r
}

// follow sets the rates by the second that has passed. budget is in ms a
// second; cpu is what the agent took of it, rows spread evenly; rowCost is
// their part. A kind of which a probe is away keeps its rate for when it
// comes back.
func (r *rates) follow(s step, away Kinds, cpu, rowCost, budget float64, e expense) {
	least := leastPart * budget / max(e.event, assumed[1]) * 1000
	sampled, dropped := 0.0, 0.0
	asking := [KindCount]float64{}
	for i := range r.demand {
		now := (s.sampled[i] + s.dropped[i]) * float64(r.every[i])
		if s.hits[i] >= s.sampled[i] {
			now = min(now, s.hits[i]) // what was dropped may have been a rule's, not one of many
		}
		switch {
		case away&(1<<i) == 0:
			r.demand[i] = max(now, fade*r.demand[i])
			asking[i] = r.demand[i]
		case now > 0: // other probes of the kind are still there
			r.demand[i] = max(now, r.demand[i])
			asking[i] = r.demand[i]
		}
		sampled += s.sampled[i]
		dropped += s.dropped[i]
	}
	r.ruled = max(s.ruled, fade*r.ruled)
	r.adjust(cpu/budget, sampled, least)
	r.ring *= regrowth
	if dropped > 0 {
		r.ring = max(sampled/2, leastRing)
	}
	free := pace*budget - e.base - rowCost - e.event*r.ruled/1000
	r.room = min(max(free/e.event*1000*r.trim, least), r.ring)
	r.settle(asking, level(asking, r.room))
}

// adjust cuts the room where samples kept to it and the agent was over its
// budget all the same.
func (r *rates) adjust(used, sampled, least float64) {
	switch {
	case used <= 1:
		r.trim = min(r.trim*recovery, 1)
	case sampled <= dead*r.room && sampled > least/2:
		r.trim = max(r.trim*max(1/used, 0.5), leastTrim)
	}
}

// settle has each kind keep at most limit events a second. A rate that is
// nearly right stays, so that noise does not move it.
func (r *rates) settle(asking [KindCount]float64, limit float64) {
	for i, n := range r.every {
		if asking[i] == 0 && r.demand[i] > 0 {
			continue
		}
		low := math.Ceil(asking[i] / limit)
		high := math.Ceil(dead * asking[i] / limit)
		r.every[i] = uint32(min(max(float64(n), low, 1), max(high, 1), maxEvery))
	}
}

// level is what every kind may have so that together they have room: the
// rare kinds all that they ask for, the others alike.
func level(demand [KindCount]float64, room float64) float64 {
	total := 0.0
	for _, d := range demand {
		total += d
	}
	if total <= room {
		return math.Inf(1)
	}
	// Who asks for less than an even share leaves the rest to the others.
	share, left := room/KindCount, KindCount
	for {
		rest, over := room, 0
		for _, d := range demand {
			if d <= share {
				rest -= d
			} else {
				over++
			}
		}
		if over == left || over == 0 {
			return share
		}
		share, left = rest/float64(over), over
	}
}
