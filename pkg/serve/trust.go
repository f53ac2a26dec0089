package serve

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// clientTLS decides whom a client trusts: the system's CAs, those of a file,
// or one certificate.
func clientTLS(o ClientOptions) (*tls.Config, error) {
	if o.CAFile != "" && o.Fingerprint != "" {
		return nil, &optionError{SettingFingerprint, errors.New("agent TLS: a CA file and a fingerprint are both set; a fingerprint needs no CA, so remove one")}
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, &optionError{SettingCAFile, fmt.Errorf("agent TLS: CA file: %w", err)}
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &optionError{SettingCAFile, fmt.Errorf("agent TLS: CA file %s: no certificate in it; want PEM", o.CAFile)}
		}
	}
	if o.Fingerprint != "" {
		want, err := parseFingerprint(o.Fingerprint)
		if err != nil {
			return nil, &optionError{SettingFingerprint, err}
		}
		// The chain is not verified, because the pin is stronger: nothing but
		// the certificate itself passes, and the handshake proves its key.
		t.InsecureSkipVerify = true
		t.VerifyConnection = func(s tls.ConnectionState) error { return checkPin(s.PeerCertificates, want) }
	}
	return t, nil
}

func checkPin(chain []*x509.Certificate, want []byte) error {
	if len(chain) == 0 {
		return errors.New("the agent showed no certificate")
	}
	got := sha256.Sum256(chain[0].Raw)
	if bytes.Equal(got[:], want) {
		return nil
	}
	return &pinError{want: colons(want), got: colons(got[:])}
}

// pinError is a certificate other than the pinned one.
type pinError struct{ want, got string }

func (e *pinError) Error() string {
	return fmt.Sprintf("its certificate has the fingerprint %s, not %s as pinned", e.got, e.want)
}
