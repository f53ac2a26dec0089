package remote

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/series"
)

// answerBytes is what is read of an answer: a sentence of why.
const answerBytes = 2 << 10

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// checkLabels refuses labels that an engine would, or that would hide ours.
func checkLabels(labels map[string]string) ([]series.Label, error) {
	var out []series.Label
	for name, value := range labels {
		switch {
		case !labelName.MatchString(name):
			return nil, fmt.Errorf("remote write: label %q: want letters, digits and _", name)
		case series.Reserved(name):
			return nil, fmt.Errorf("remote write: label %q is one of the series' own", name)
		}
		out = append(out, series.Label{Name: name, Value: value})
	}
	return out, nil
}

// Check refuses options that cannot work, before anything is opened.
func (o *Options) Check() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return fmt.Errorf("remote write: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("remote write: url %q: want http or https, a host and the path of the receiver, such as https://engine:9090/api/v1/write", u.Redacted())
	case u.User != nil:
		return errors.New("remote write: the url holds a name or password; use username and password_file")
	case o.TokenFile != "" && (o.Username != "" || o.PasswordFile != ""):
		return errors.New("remote write: both a token and a name with password are given; use one")
	case (o.Username == "") != (o.PasswordFile == ""):
		return errors.New("remote write: username and password_file go together")
	case (o.CertFile == "") != (o.KeyFile == ""):
		return errors.New("remote write: a certificate needs its key")
	case u.Scheme == "http" && (o.TokenFile != "" || o.Username != "") && !loopback(u.Hostname()):
		return errors.New("remote write: a secret would be sent without TLS; use https")
	}
	_, err = checkLabels(o.Labels)
	return err
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

func newClient(o *Options) (*http.Client, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("remote write: ca_file: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("remote write: ca_file %s: no certificate in it; want PEM", o.CAFile)
		}
	}
	if o.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("remote write: cert_file %s: %w", o.CertFile, err)
		}
		t.Certificates = []tls.Certificate{cert}
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = t
	base.MaxIdleConns, base.MaxIdleConnsPerHost = 1, 1
	return &http.Client{
		Transport:     &transport{base, o},
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// transport adds what the settings say, and bounds the answer.
type transport struct {
	base http.RoundTripper
	o    *Options
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", "numalens-agent")
	for name, value := range t.o.Headers {
		r.Header.Set(name, value)
	}
	if t.o.TokenFile != "" {
		token, err := secret(t.o.TokenFile)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if t.o.Username != "" {
		password, err := secret(t.o.PasswordFile)
		if err != nil {
			return nil, err
		}
		r.SetBasicAuth(t.o.Username, password)
	}
	res, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	// An answer that breaks off is a failure of the connection, which is
	// tried again.
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	err = errors.Join(err, res.Body.Close())
	if err != nil {
		return nil, err
	}
	body = bytes.TrimSpace(slices.DeleteFunc(body, func(b byte) bool { return b < ' ' && b != '\n' }))
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

func secret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("remote write: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
