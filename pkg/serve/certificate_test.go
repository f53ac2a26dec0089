package serve

import (
	"crypto/tls"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"
)

func TestCreateCertificate(t *testing.T) {
	dir := t.TempDir()
	c, err := CreateCertificate(dir+"/tls", []string{"bench1", "10.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := Fingerprint(pair.Certificate[0]); got != c.Fingerprint {
		t.Errorf("fingerprint %s of the file, %s told", got, c.Fingerprint)
	}
	for _, host := range []string{"bench1", "10.0.0.1"} {
		if err := pair.Leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	st, err := os.Stat(c.KeyFile)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("key: mode %v, %v; want 0600", fs.FileMode(st.Mode()), err)
	}
	if _, err := CreateCertificate(dir+"/tls", nil, time.Now()); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("creating a second time: %v, want a refusal", err)
	}
}

func TestFailedCertificateLeavesNoKey(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/cert.pem", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateCertificate(dir, nil, time.Now()); err == nil {
		t.Error("overwrote a certificate")
	}
	if _, err := os.Stat(dir + "/key.pem"); err == nil {
		t.Error("left a key without its certificate")
	}
}

func TestParseFingerprint(t *testing.T) {
	want := Fingerprint([]byte("x"))
	plain := strings.ReplaceAll(want, ":", "")
	for _, s := range []string{want, plain, strings.ToLower(want), "sha256:" + plain, "SHA256:" + want, "  " + want + "\n", strings.ReplaceAll(want, ":", " ")} {
		sum, err := parseFingerprint(s)
		if err != nil || colons(sum) != want {
			t.Errorf("%q: %X, %v", s, sum, err)
		}
	}
	for _, s := range []string{"", "AB", plain + "00", plain[:63] + "g", "sha1:" + plain} {
		if _, err := parseFingerprint(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add("AB:CD")
	f.Fuzz(func(t *testing.T, s string) {
		if sum, err := parseFingerprint(s); err == nil {
			if again, err := parseFingerprint(colons(sum)); err != nil || colons(again) != colons(sum) {
				t.Errorf("%q is read as %X, and that as %X, %v", s, sum, again, err)
			}
		}
	})
}
