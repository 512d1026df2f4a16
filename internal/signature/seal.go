package signature

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// Sealer puts the operator's seal on documents and knows its own seals again.
type Sealer struct {
	key    *ecdsa.PrivateKey
	chains [][]*x509.Certificate // the one in use, then retired ones; each from the seal up to its root
}

// NewSealer takes the operator's key (PEM, PKCS #8 or SEC 1) and certificates
// (PEM, the seal's own first, then its issuers). Chains of retired keys,
// without their keys, keep older documents verifiable. Nothing is checked
// against a trust list: the operator vouches for what it configures.
func NewSealer(keyPEM, chainPEM []byte, retired ...[]byte) (*Sealer, error) {
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	s := &Sealer{key: key}
	for _, p := range append([][]byte{chainPEM}, retired...) {
		chain, err := parseChain(p)
		if err != nil {
			return nil, err
		}
		s.chains = append(s.chains, chain)
	}
	if !key.PublicKey.Equal(s.chains[0][0].PublicKey) {
		return nil, errors.New("the seal's key does not belong to its certificate")
	}
	return s, nil
}

func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the seal's key is not PEM")
	}
	var key any
	var err error
	if block.Type == "EC PRIVATE KEY" {
		key, err = x509.ParseECPrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the seal's key: %w", err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok || ec.Curve != elliptic.P256() {
		return nil, errors.New("the seal's key is not of ECDSA P-256")
	}
	return ec, nil
}

func parseChain(text []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading the seal's certificate %d: %w", len(chain)+1, err)
		}
		if n := len(chain); n > 0 {
			if err := chain[n-1].CheckSignatureFrom(c); err != nil {
				return nil, fmt.Errorf("certificate %d of the seal does not issue the one before it: %w", n+1, err)
			}
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, errors.New("no certificate of the seal was given")
	}
	if u := chain[0].KeyUsage; u&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return nil, errors.New("the seal's certificate may not sign documents")
	}
	if key, ok := chain[0].PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the seal's certificate is not of ECDSA P-256")
	}
	return chain, nil
}

// Signer returns the name in the certificate in use, its serial number and
// the last moment of its validity, to be printed on the paper.
func (s *Sealer) Signer() (name, serial string, until time.Time) {
	c := s.chains[0][0]
	return c.Subject.CommonName, serialOf(c), c.NotAfter
}

func serialOf(c *x509.Certificate) string { return fmt.Sprintf("%X", c.SerialNumber) }

// Seal returns file, made by package pdf, with the operator's seal of the time
// now. It returns ErrUnsealable and ErrExpired.
func (s *Sealer) Seal(file []byte, why Reason, now time.Time) ([]byte, error) {
	chain := s.chains[0]
	if !validAt(chain[0], now) {
		return nil, ErrExpired
	}
	// The longest signature a P-256 key gives is 72 bytes of DER.
	room := len(encodeCMS(chain, make([]byte, sha256.Size), make([]byte, 72)))
	out, gap, err := addSignature(file, room, chain[0].Subject.CommonName, why, now)
	if err != nil {
		return nil, err
	}
	digest := gap.digest(out)
	signed := sha256.Sum256(signedAttributes(chain[0], digest, asSet))
	// Without a source of randomness the signature is deterministic (RFC 6979).
	value, err := s.key.Sign(nil, signed[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	copy(out[gap.from:], gap.fill(encodeCMS(chain, digest, value)))
	return out, nil
}

func validAt(c *x509.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

// VerifySeal tells what the operator's seal on the file says. It returns
// ErrNoSeal and ErrBroken. A seal whose Whole is false is genuine, but the
// file goes on after it.
func (s *Sealer) VerifySeal(file []byte) (Seal, error) {
	gaps, signed := findSignatures(file)
	if !signed {
		return Seal{}, ErrNoSeal
	}
	for _, g := range gaps {
		if seal, ok := s.verify(file, g); ok {
			return seal, nil
		}
	}
	return Seal{}, ErrBroken
}

func (s *Sealer) verify(file []byte, g gap) (Seal, bool) {
	digest := g.digest(file)
	cms := make([]byte, hex.DecodedLen(g.to-g.from-2))
	if _, err := hex.Decode(cms, file[g.from+1:g.to-1]); err != nil {
		return Seal{}, false
	}
	value, err := signatureValue(cms)
	if err != nil {
		return Seal{}, false
	}
	at, err := signedAt(file, g)
	if err != nil {
		return Seal{}, false
	}
	for _, chain := range s.chains {
		c := chain[0]
		signed := sha256.Sum256(signedAttributes(c, digest, asSet))
		// What a seal consists of is known, but for the value: making it again
		// and comparing leaves no unsigned corner of CMS to be tampered with.
		if !bytes.Equal(file[g.from:g.to], g.fill(encodeCMS(chain, digest, value))) {
			continue
		}
		if ecdsa.VerifyASN1(c.PublicKey.(*ecdsa.PublicKey), signed[:], value) && validAt(c, at) {
			return Seal{Signer: c.Subject.CommonName, SerialNumber: serialOf(c), At: at, Whole: g.end == len(file)}, true
		}
	}
	return Seal{}, false
}
