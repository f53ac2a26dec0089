package perfevent

import "testing"

func TestParseSample(t *testing.T) {
	body := words(17, 0x401000, 7|8<<32, 123456789, 0xc000123000, 3, 0x12345678)
	var got Sample
	want := Sample{ID: 17, IP: 0x401000, PID: 7, TID: 8, TimeNS: 123456789, Addr: 0xc000123000, CPU: 3, Phys: 0x12345678}
	if err := parseSample(body, true, &got); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	want.Phys = 0
	if err := parseSample(body[:48], false, &got); err != nil || got != want {
		t.Errorf("without a physical address: %+v, %v", got, err)
	}
	if err := parseSample(body[:48], true, &got); err == nil {
		t.Error("a sample that is too short was read")
	}
}

func FuzzParseSample(f *testing.F) {
	f.Add(words(1, 2, 3, 4, 5, 6, 7), true)
	f.Add(words(1, 2, 3, 4, 5, 6), false)
	f.Fuzz(func(t *testing.T, b []byte, physical bool) {
		var s Sample
		if err := parseSample(b, physical, &s); err == nil && len(b)+headerBytes < SampleBytes(physical) {
			t.Errorf("a sample from %d bytes", len(b))
		}
	})
}
