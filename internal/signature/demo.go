package signature

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"kabinet/internal/platform/secret"
)

// Authority is a certification centre for demonstrations and tests, and the
// seal certificate it issued. Its certificates say that they are for study.
type Authority struct {
	CA    []byte // certificate of the centre, PEM
	Chain []byte // certificate of the seal, then of the centre, PEM
	Key   []byte // key of the seal, PKCS #8, PEM
}

// NewDemoAuthority makes a centre and a seal valid from an hour before now for
// ten and five years. The centre's own key is thrown away.
func NewDemoAuthority(now time.Time) (Authority, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Authority{}, fmt.Errorf("making the demonstration centre: %w", err)
	}
	sealKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Authority{}, fmt.Errorf("making the demonstration seal: %w", err)
	}
	const org = "Заречная область (учебный стенд)"
	ca := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Учебный удостоверяющий центр", Organization: []string{org}, Country: []string{"RU"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	seal := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Печать портала (учебный стенд)", Organization: []string{org}, Country: []string{"RU"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return Authority{}, fmt.Errorf("making the demonstration centre: %w", err)
	}
	sealDER, err := x509.CreateCertificate(rand.Reader, seal, ca, sealKey.Public(), caKey)
	if err != nil {
		return Authority{}, fmt.Errorf("making the demonstration seal: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(sealKey)
	if err != nil {
		return Authority{}, fmt.Errorf("making the demonstration seal: %w", err)
	}
	encode := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	a := Authority{CA: encode("CERTIFICATE", caDER), Key: encode("PRIVATE KEY", keyDER)}
	a.Chain = append(encode("CERTIFICATE", sealDER), a.CA...)
	return a, nil
}

// serial returns a random positive number of 127 bits, as RFC 5280 wants.
func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b[:])
}

// DemoSealer returns the seal of a demonstration stand. It is made the first
// time and kept in the file at path, the key sealed by keys, so that documents
// of yesterday are genuine today.
func DemoSealer(path string, keys *secret.Keyring, now time.Time) (*Sealer, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = makeDemo(path, keys, now)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the demonstration seal: %w", err)
	}
	plain, err := keys.Open("signature", "demo", "", data)
	if err != nil {
		return nil, fmt.Errorf("reading the demonstration seal: %w", err)
	}
	var a Authority
	if err := json.Unmarshal(plain, &a); err != nil {
		return nil, fmt.Errorf("reading the demonstration seal: %w", err)
	}
	return NewSealer(a.Key, a.Chain)
}

// makeDemo writes a new authority to path, whole or not at all.
func makeDemo(path string, keys *secret.Keyring, now time.Time) ([]byte, error) {
	a, err := NewDemoAuthority(now)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	data := keys.Seal("signature", "demo", "", plain)
	tmp, err := os.CreateTemp(filepath.Dir(path), "seal")
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // a file left behind harms nobody
	if _, err := tmp.Write(data); err != nil {
		return nil, errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return nil, err
	}
	// Link, not rename: of two processes that start at once the first one wins
	// and the other reads what it made.
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path)
	} else if err != nil {
		return nil, err
	}
	return data, nil
}
