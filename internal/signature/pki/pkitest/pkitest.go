// Package pkitest makes certificates and signatures with OpenSSL and its GOST
// engine: another program than ours. Debian: openssl, libengine-gost-openssl.
// Without them tests fail, they do not skip.
package pkitest

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Studio is a folder with keys and certificates, each under a name.
type Studio struct {
	t      testing.TB
	dir    string
	serial int
	hashes map[string]string // of each key
}

// New returns an empty studio.
func New(t testing.TB) *Studio {
	t.Helper()
	s := &Studio{t: t, dir: t.TempDir(), serial: 0x1000, hashes: map[string]string{}}
	s.Write("openssl.cnf", `openssl_conf = conf
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

func (s *Studio) path(name string) string { return filepath.Join(s.dir, name) }

// Write puts a file into the folder.
func (s *Studio) Write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// Read returns a file of the folder.
func (s *Studio) Read(name string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *Studio) run(args ...string) []byte {
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

// Algorithm is how OpenSSL is asked for a key.
type Algorithm struct{ Name, Key, Option, Digest string }

// Algorithms are all that signatures may be made with: RSA, ECDSA, and GOST on
// every curve that OpenSSL offers.
func Algorithms() []Algorithm {
	all := []Algorithm{
		{"RSA", "RSA", "rsa_keygen_bits:2048", "sha256"}, {"RSA with SHA-512", "RSA", "rsa_keygen_bits:3072", "sha512"},
		{"P-256", "EC", "ec_paramgen_curve:P-256", "sha256"}, {"P-384", "EC", "ec_paramgen_curve:P-384", "sha384"},
	}
	for _, set := range []string{"A", "B", "C", "XA", "XB", "TCA", "TCB", "TCC", "TCD"} {
		all = append(all, Algorithm{"GOST 256 " + set, "gost2012_256", "paramset:" + set, "md_gost12_256"})
	}
	for _, set := range []string{"A", "B", "C"} {
		all = append(all, Algorithm{"GOST 512 " + set, "gost2012_512", "paramset:" + set, "md_gost12_512"})
	}
	return all
}

// P256 is ECDSA, the quickest.
func P256() Algorithm { return Algorithms()[2] }

// GOST256 is GOST on the curve CryptoPro-A.
func GOST256() Algorithm { return Algorithms()[4] }

func (s *Studio) newKey(name string, a Algorithm) {
	s.t.Helper()
	s.hashes[name] = a.Digest
	s.run("genpkey", "-algorithm", a.Key, "-pkeyopt", a.Option, "-out", name+".key")
}

// Root makes a centre of its own.
func (s *Studio) Root(name string, a Algorithm) []byte {
	s.t.Helper()
	s.newKey(name, a)
	s.run("req", "-x509", "-new", "-key", name+".key", "-"+a.Digest, "-days", "3650", "-utf8", "-subj", "/CN="+name, "-extensions", "ca_ext", "-config", "openssl.cnf", "-out", name+".pem")
	return s.Certificate(name)
}

// Sokolova is the subject of a sample person.
const Sokolova = "/CN=Соколова Марина Андреевна/SN=Соколова/GN=Марина Андреевна/SNILS=99900000115/INN=000000122390"

// Issue makes a certificate for name by the centre.
func (s *Studio) Issue(name, subject, centre, extensions string, a Algorithm, days int) []byte {
	s.t.Helper()
	s.newKey(name, a)
	s.run("req", "-new", "-key", name+".key", "-"+a.Digest, "-utf8", "-subj", subject, "-config", "openssl.cnf", "-out", name+".csr")
	s.serial++
	s.run("x509", "-req", "-in", name+".csr", "-CA", centre+".pem", "-CAkey", centre+".key", "-"+s.hashes[centre], "-days", fmt.Sprint(days), "-set_serial", fmt.Sprint(s.serial),
		"-extfile", "openssl.cnf", "-extensions", extensions, "-out", name+".pem")
	return s.Certificate(name)
}

// Certificate returns a certificate, DER.
func (s *Studio) Certificate(name string) []byte {
	s.t.Helper()
	block, _ := pem.Decode(s.Read(name + ".pem"))
	if block == nil {
		s.t.Fatalf("%s: no certificate", name)
	}
	return block.Bytes
}

// Sign signs content with the key of name; more are further arguments.
func (s *Studio) Sign(name, content string, a Algorithm, more ...string) []byte {
	s.t.Helper()
	s.Write("content", content)
	args := append([]string{"cms", "-sign", "-binary", "-in", "content", "-signer", name + ".pem", "-inkey", name + ".key", "-outform", "DER", "-md", a.Digest, "-out", "signature"}, more...)
	s.run(args...)
	return s.Read("signature")
}

// List makes the centre's revocation list.
func (s *Studio) List(centre string, a Algorithm, revoked ...[]byte) []byte {
	s.t.Helper()
	var index strings.Builder
	for _, raw := range revoked {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			s.t.Fatal(err)
		}
		serial := fmt.Sprintf("%X", c.SerialNumber)
		if len(serial)%2 == 1 {
			serial = "0" + serial
		}
		fmt.Fprintf(&index, "R\t%s\t%s\t%s\tunknown\t/CN=x\n", c.NotAfter.UTC().Format("060102150405Z"), c.NotBefore.UTC().Format("060102150405Z"), serial)
	}
	s.Write("index.txt", index.String())
	s.Write("index.txt.attr", "unique_subject = no\n")
	s.run("ca", "-gencrl", "-config", "openssl.cnf", "-keyfile", centre+".key", "-cert", centre+".pem", "-md", a.Digest, "-out", "list.pem")
	s.run("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl")
	return s.Read("list.crl")
}
