package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kabinet/internal/platform/pdf"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func demo(t testing.TB) (*Sealer, Authority) {
	t.Helper()
	a, err := NewDemoAuthority(noon)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSealer(a.Key, a.Chain)
	if err != nil {
		t.Fatal(err)
	}
	return s, a
}

func paper(t testing.TB) []byte {
	t.Helper()
	file, err := pdf.Write(pdf.Doc{
		Title: "Справка о доходах", Lang: "ru-RU", Portal: "Кабинет", Agency: "Налоговая служба", Number: "№ 2026-000124", Made: noon,
		Blocks: []pdf.Block{pdf.Para("Выдана."), pdf.QR{Content: "https://kabinet.example.test/verify/ABCD", Title: "Проверка"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func sealed(t testing.TB, s *Sealer) []byte {
	t.Helper()
	file, err := s.Seal(paper(t), Reason{"Выдано по заявлению № 2026-000124", "Налоговая служба (г. Верхнереченск)"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// program runs one of the tools that other people check signatures with.
func program(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Logf("%s: %v", name, err)
	}
	return string(out)
}

func save(t *testing.T, name string, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Proves: G-25
func TestASealedDocumentIsValidForOtherPrograms(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	path := save(t, "sealed.pdf", sealed(t, s))
	out := program(t, "pdfsig", "-nocert", path)
	for _, want := range []string{
		"Signature is Valid.", "Total document signed", "ETSI.CAdES.detached", "SHA-256", "Печать портала (учебный стенд)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, out)
		}
	}
	text := program(t, "pdftotext", path, "-")
	if !strings.Contains(text, "Справка о доходах") {
		t.Errorf("the sealed document cannot be read: %q", text)
	}
	if out := program(t, "qpdf", "--check", path); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Errorf("qpdf: %s", out)
	}
}

func TestTheCertificateIsTrustedThroughItsCentre(t *testing.T) {
	t.Parallel()
	s, a := demo(t)
	block, _ := pem.Decode(a.CA)
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	if _, err := s.chains[0][0].Verify(x509.VerifyOptions{Roots: roots, CurrentTime: noon, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
}

func TestASealTellsWhoAndWhen(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	got, err := s.VerifySeal(sealed(t, s))
	name, serial, _ := s.Signer()
	if want := (Seal{Signer: name, SerialNumber: serial, At: noon, Whole: true}); err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestSealingTwiceGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	if !bytes.Equal(sealed(t, s), sealed(t, s)) {
		t.Error("a document sealed again differs")
	}
}

func TestOneWrongByteAnywhereIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	whole := sealed(t, s)
	check := func(i int, bit byte) {
		file := bytes.Clone(whole)
		file[i] ^= bit
		if seal, err := s.VerifySeal(file); err == nil {
			t.Errorf("byte %d (%q) changed by %#x: %+v", i, whole[max(0, i-10):min(len(whole), i+10)], bit, seal)
		}
	}
	gaps, _ := findSignatures(whole)
	g := gaps[0]
	// All bytes of the signature's dictionary and value with every bit that
	// could keep it hex, and a sample of the rest.
	for i := g.from - 200; i < g.to+200; i++ {
		check(i, 0x20)
		check(i, 1)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		check(random.IntN(len(whole)), 1<<random.IntN(8))
	}
	if _, err := s.VerifySeal(whole[:len(whole)-1]); !errors.Is(err, ErrBroken) {
		t.Errorf("a cut file: %v", err)
	}
}

func TestSomethingAppendedIsSeen(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	file := append(sealed(t, s), "\n9 0 obj\n<<>>\nendobj\n"...)
	if seal, err := s.VerifySeal(file); err != nil || seal.Whole {
		t.Errorf("%+v, %v: want a genuine seal that does not cover the file", seal, err)
	}
}

func TestASealMovedToOtherBytesIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	whole := sealed(t, s)
	gaps, _ := findSignatures(whole)
	other, err := s.Seal(bytes.Replace(paper(t), []byte("D:20261121"), []byte("D:20261122"), 1), Reason{Text: "Выдано по заявлению № 2026-000124", Place: "Налоговая служба (г. Верхнереченск)"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	copy(other[gaps[0].from:], whole[gaps[0].from:gaps[0].to])
	if _, err := s.VerifySeal(other); !errors.Is(err, ErrBroken) {
		t.Errorf("%v, want ErrBroken", err)
	}
}

func TestOnlyTheOperatorsOwnSealCounts(t *testing.T) {
	t.Parallel()
	s, a := demo(t)
	foreign, b := demo(t)
	if _, err := s.VerifySeal(sealed(t, foreign)); !errors.Is(err, ErrBroken) {
		t.Errorf("a stranger's seal: %v, want ErrBroken", err)
	}
	if _, err := s.VerifySeal(paper(t)); !errors.Is(err, ErrNoSeal) {
		t.Errorf("no seal: %v, want ErrNoSeal", err)
	}
	if _, err := s.VerifySeal(nil); !errors.Is(err, ErrNoSeal) {
		t.Errorf("an empty file: %v, want ErrNoSeal", err)
	}
	renewed, err := NewSealer(b.Key, b.Chain, a.Chain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := renewed.VerifySeal(sealed(t, s)); err != nil {
		t.Errorf("a seal by the retired key: %v", err)
	}
}

func TestAnExpiredCertificateSealsNothing(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	for _, at := range []time.Time{noon.AddDate(6, 0, 0), noon.Add(-2 * time.Hour)} {
		if _, err := s.Seal(paper(t), Reason{}, at); !errors.Is(err, ErrExpired) {
			t.Errorf("at %s: %v, want ErrExpired", at, err)
		}
	}
}

func TestWhatIsNotOurPaperIsNotSealed(t *testing.T) {
	t.Parallel()
	s, _ := demo(t)
	whole := sealed(t, s)
	for name, file := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "sealed already": whole, "half a file": paper(t)[:4000],
		"a wrong table": bytes.Replace(paper(t), []byte("xref\n0"), []byte("xref\n1"), 1),
	} {
		if _, err := s.Seal(file, Reason{}, noon); !errors.Is(err, ErrUnsealable) {
			t.Errorf("%s: %v, want ErrUnsealable", name, err)
		}
	}
}

func TestAWrongKeyOrChainIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	_, a := demo(t)
	_, b := demo(t)
	for name, try := range map[string]struct{ key, chain []byte }{
		"another's certificate": {a.Key, b.Chain},
		"no key":                {nil, a.Chain},
		"no certificate":        {a.Key, nil},
		"a certificate as key":  {a.Chain, a.Chain},
		"a centre that did not issue it": {a.Key, append(bytes.Clone(a.Chain[:bytes.Index(a.Chain, []byte("-----END"))]),
			append([]byte("-----END CERTIFICATE-----\n"), b.CA...)...)},
		"a centre instead of a seal": {a.Key, a.CA},
	} {
		if _, err := NewSealer(try.key, try.chain); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	s, _ := demo(b)
	file := paper(b)
	for b.Loop() {
		if _, err := s.Seal(file, Reason{Text: "x"}, noon); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzVerifySeal(f *testing.F) {
	s, _ := demo(f)
	good := sealed(f, s)
	f.Add(good)
	f.Add([]byte("%PDF-1.4\n" + dictHead + "0 0000000001 2 3]\n/Contents <>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if seal, err := s.VerifySeal(file); err == nil && seal.Whole && !bytes.Equal(file, good) {
			t.Error("a made-up file passed")
		}
	})
}
