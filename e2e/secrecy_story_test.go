package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"kabinet/internal/sandbox"
)

// What the portal keeps tells a thief nothing: the file of the database, what
// SQLite keeps beside it, and the folder of files.
func TestNothingPersonalCanBeReadInTheFiles(t *testing.T) {
	t.Parallel()
	if os.Getenv("KABINET_TEST_PG") != "" {
		t.Skip("on PostgreSQL the database is no file of ours")
	}
	s := start(t)
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	v.Await(v.confirmed(v.incomeReady(), c), "Выполнено")
	v.confirmed(v.subsidyReady(), c)

	secrets := []string{c.Surname, c.Name, c.Patronymic, c.Phone, c.Phone[1:], c.Email, c.SNILS, c.Series + c.Number, c.Number, "Кедровая", "40817810600000000002", "квитанция.png"}
	for _, p := range sandbox.People[:3] {
		secrets = append(secrets, p.Phone, p.Phone[1:], p.Email, p.SNILS, p.INN, p.PassportSeries+p.PassportNumber, p.Surname+" "+p.Name, p.Address)
	}
	s.Stop(t)
	looked := 0
	err := filepath.WalkDir(filepath.Join(s.Data, "portal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked += len(b)
		lower := bytes.ToLower(b)
		for _, secret := range secrets {
			for form, shape := range shapes(secret) {
				if bytes.Contains(b, shape) || form == "hex" && bytes.Contains(lower, shape) {
					t.Errorf("%s holds %q in %s", d.Name(), secret, form)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < 100<<10 {
		t.Errorf("only %d bytes were found to look at", looked)
	}
}

// shapes are the bytes by which a text may lie in a file.
func shapes(s string) map[string][]byte {
	var le, be []byte
	for _, u := range utf16.Encode([]rune(s)) {
		le = append(le, byte(u), byte(u>>8))
		be = append(be, byte(u>>8), byte(u))
	}
	all := map[string][]byte{"UTF-8": []byte(s), "UTF-16 LE": le, "UTF-16 BE": be, "hex": []byte(hex.EncodeToString([]byte(s)))}
	for i := range 3 {
		// What stands before and after the text changes the first and the last
		// characters: only those between are its own.
		text := base64.StdEncoding.EncodeToString(append(make([]byte, i), s...))
		from, to := (i*8+5)/6, (i+len(s))*8/6
		all["base64 after "+string(rune('0'+i))] = []byte(text[from:to])
	}
	return all
}

func TestTheSearchForSecretsFindsThem(t *testing.T) {
	t.Parallel()
	const secret = "Златогорская"
	for i := range 4 {
		text := "abcd"[:i] + secret + "xyz"
		b := []byte(base64.StdEncoding.EncodeToString([]byte(text)))
		found := false
		for _, shape := range shapes(secret) {
			found = found || bytes.Contains(b, shape)
		}
		if !found {
			t.Errorf("in base64 after %d bytes it is not found", i)
		}
	}
}
