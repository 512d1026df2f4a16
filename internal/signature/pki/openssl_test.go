package pki

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// studio makes certificates and signatures with OpenSSL and its GOST engine:
// another program than ours. Debian: openssl, libengine-gost-openssl.
type studio struct {
	t      testing.TB
	dir    string
	serial int
	hashes map[string]string // of each key
}

func newStudio(t testing.TB) *studio {
	t.Helper()
	s := &studio{t: t, dir: t.TempDir(), serial: 0x1000, hashes: map[string]string{}}
	s.write("openssl.cnf", `openssl_conf = conf
[conf]
engines = engines
[engines]
gost = gost
[gost]
engine_id = gost
default_algorithms = ALL
[req]
distinguished_name = dn
string_mask = utf8only
utf8 = yes
[dn]
[ca]
default_ca = centre
[centre]
database = index.txt
default_crl_days = 30
crl_extensions = crlext
[crlext]
authorityKeyIdentifier = keyid
[delta]
deltaCRL = critical, 1
[ca_ext]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
extendedKeyUsage = clientAuth, emailProtection
certificatePolicies = 1.2.643.100.113.1, 1.2.643.100.113.2
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:http://lists.example.test/centre.crl
[plain]
basicConstraints = critical, CA:FALSE
keyUsage = digitalSignature
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[exchange]
basicConstraints = critical, CA:FALSE
keyUsage = critical, keyEncipherment
`)
	return s
}

func (s *studio) path(name string) string { return filepath.Join(s.dir, name) }

func (s *studio) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) read(name string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *studio) run(args ...string) []byte {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "openssl", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "OPENSSL_CONF="+s.path("openssl.cnf"))
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("openssl %s (is libengine-gost-openssl installed?): %v\n%s", strings.Join(args, " "), err, problems.Bytes())
	}
	return out
}

// algorithm is how OpenSSL is asked for a key.
type algorithm struct{ name, key, option, digest string }

func algorithms() []algorithm {
	all := []algorithm{
		{"RSA", "RSA", "rsa_keygen_bits:2048", "sha256"}, {"RSA with SHA-512", "RSA", "rsa_keygen_bits:3072", "sha512"},
		{"P-256", "EC", "ec_paramgen_curve:P-256", "sha256"}, {"P-384", "EC", "ec_paramgen_curve:P-384", "sha384"},
	}
	for _, set := range []string{"A", "B", "C", "XA", "XB", "TCA", "TCB", "TCC", "TCD"} {
		all = append(all, algorithm{"GOST 256 " + set, "gost2012_256", "paramset:" + set, "md_gost12_256"})
	}
	for _, set := range []string{"A", "B", "C"} {
		all = append(all, algorithm{"GOST 512 " + set, "gost2012_512", "paramset:" + set, "md_gost12_512"})
	}
	return all
}

func ecdsaP256() algorithm { return algorithms()[2] }
func gost256() algorithm   { return algorithms()[4] }

func (s *studio) key(name string, a algorithm) {
	s.t.Helper()
	s.hashes[name] = a.digest
	s.run("genpkey", "-algorithm", a.key, "-pkeyopt", a.option, "-out", name+".key")
}

// root makes a centre of its own.
func (s *studio) root(name string, a algorithm) *Certificate {
	s.t.Helper()
	s.key(name, a)
	s.run("req", "-x509", "-new", "-key", name+".key", "-"+a.digest, "-days", "3650", "-utf8", "-subj", "/CN="+name, "-extensions", "ca_ext", "-config", "openssl.cnf", "-out", name+".pem")
	return s.certificate(name)
}

const sokolova = "/CN=Соколова Марина Андреевна/SN=Соколова/GN=Марина Андреевна/SNILS=99900000115/INN=000000122390"

// issue makes a certificate for name by the centre.
func (s *studio) issue(name, subject, centre, extensions string, a algorithm, days int) *Certificate {
	s.t.Helper()
	s.key(name, a)
	s.run("req", "-new", "-key", name+".key", "-"+a.digest, "-utf8", "-subj", subject, "-config", "openssl.cnf", "-out", name+".csr")
	s.serial++
	s.run("x509", "-req", "-in", name+".csr", "-CA", centre+".pem", "-CAkey", centre+".key", "-"+s.hashes[centre], "-days", fmt.Sprint(days), "-set_serial", fmt.Sprint(s.serial),
		"-extfile", "openssl.cnf", "-extensions", extensions, "-out", name+".pem")
	return s.certificate(name)
}

func (s *studio) certificate(name string) *Certificate {
	s.t.Helper()
	all, err := ParsePEM(s.read(name + ".pem"))
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%s: %d certificates, %v", name, len(all), err)
	}
	return all[0]
}

// sign signs content with the key of name; more are further arguments.
func (s *studio) sign(name, content string, a algorithm, more ...string) []byte {
	s.t.Helper()
	s.write("content", content)
	args := append([]string{"cms", "-sign", "-binary", "-in", "content", "-signer", name + ".pem", "-inkey", name + ".key", "-outform", "DER", "-md", a.digest, "-out", "signature"}, more...)
	s.run(args...)
	return s.read("signature")
}

// list makes the centre's revocation list.
func (s *studio) list(centre string, a algorithm, revoked ...*Certificate) []byte {
	s.t.Helper()
	var index strings.Builder
	for _, c := range revoked {
		serial := fmt.Sprintf("%X", c.SerialNumber)
		if len(serial)%2 == 1 {
			serial = "0" + serial
		}
		fmt.Fprintf(&index, "R\t%s\t%s\t%s\tunknown\t/CN=x\n", c.NotAfter.UTC().Format("060102150405Z"), time.Now().UTC().Format("060102150405Z"), serial)
	}
	s.write("index.txt", index.String())
	s.write("index.txt.attr", "unique_subject = no\n")
	s.run("ca", "-gencrl", "-config", "openssl.cnf", "-keyfile", centre+".key", "-cert", centre+".pem", "-md", a.digest, "-out", "list.pem")
	s.run("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl")
	return s.read("list.crl")
}
