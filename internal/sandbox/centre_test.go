package sandbox

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openssl runs OpenSSL with its GOST engine in dir. Debian: openssl,
// libengine-gost-openssl.
func openssl(t *testing.T, dir string, args ...string) (string, bool) {
	t.Helper()
	conf := filepath.Join(dir, "openssl.cnf")
	text := "openssl_conf = c\n[c]\nengines = e\n[e]\ngost = g\n[g]\nengine_id = gost\ndefault_algorithms = ALL\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "OPENSSL_CONF="+conf)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Proves: S-21
func TestAnotherProgramAcceptsWhatTheCentreAndTheSignerMake(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	roots, err := s.Roots()
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("Кабинет: файл\r\nдля подписи\n")
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			signature, err := s.Sign(content, "1", kind)
			if err != nil {
				t.Fatal(err)
			}
			put(t, dir, "roots.pem", roots)
			put(t, dir, "content", content)
			put(t, dir, "signature", signature)
			args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "content", "-CAfile", "roots.pem", "-cades", "-out", "out"}
			if out, ok := openssl(t, dir, args...); ok != (kind != KindExpired) {
				t.Errorf("verified: %v\n%s", ok, out)
			}
			put(t, dir, "content", append(content, '!'))
			if out, ok := openssl(t, dir, args...); ok {
				t.Errorf("another text passes\n%s", out)
			}
			list, err := s.list(rootOf(kind))
			if err != nil {
				t.Fatal(err)
			}
			put(t, dir, "list.crl", list)
			if out, ok := openssl(t, dir, "crl", "-inform", "DER", "-in", "list.crl", "-CAfile", "roots.pem", "-noout"); !ok || !strings.Contains(out, "verify OK") {
				t.Errorf("the revocation list: %s", out)
			}
		})
	}
	if _, err := s.Sign(content, "99", KindRSA); err == nil {
		t.Error("nobody signed")
	}
	if _, err := s.Sign(content, "1", "quantum"); err == nil {
		t.Error("a kind of key that does not exist signed")
	}
}

func TestTheCentreKeepsItsKeysAndWhatItRevoked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStand(t, Options{Dir: dir})
	if _, err := s.Sign([]byte("x"), "1", KindECDSA); err != nil {
		t.Fatal(err)
	}
	serial := s.issued[len(s.issued)-1].Serial
	if ok, err := s.Revoke(serial, true); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	before, err := s.Roots()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := newStand(t, Options{Dir: dir})
	after, err := again.Roots()
	if err != nil || string(after) != string(before) {
		t.Errorf("the roots changed: %v", err)
	}
	if status, page := again.call(t, "GET", "/centre", ""); status != 200 || !strings.Contains(page, serial) || !strings.Contains(page, "отозван") {
		t.Errorf("%d\n%s", status, page)
	}
	if ok, _ := again.Revoke("ABCDEF", true); ok {
		t.Error("a certificate that nobody has was revoked")
	}
}

func TestTheSignerShowsWhatItSigns(t *testing.T) {
	t.Parallel()
	s := newStand(t, Options{})
	status, page := s.call(t, "GET", "/signer?file="+url.QueryEscape("Номер: 7\n"), "")
	if status != 200 || !strings.Contains(page, "Номер: 7") || !strings.Contains(page, "0J3QvtC80LXRgDogNwo=") {
		t.Errorf("%d\n%s", status, page)
	}
}
