package signature

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
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
	rand.Read(b[:])
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b[:])
}
