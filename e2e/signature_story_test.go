package e2e

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// signed downloads the file that the page gives to be signed and has the
// sandbox's signer sign it as one of its people. It returns the path of the
// signature.
func (p *Page) signed(s *Stand, person, kind string) string {
	p.t.Helper()
	client := &http.Client{Timeout: time.Minute}
	fetch := func(res *http.Response, err error) []byte {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			p.t.Fatalf("%s: %d, %v", res.Request.URL, res.StatusCode, err)
		}
		return body
	}
	href := eval[string](p, `document.querySelector('main a[href^="/login/signature/file"]').href`)
	file := fetch(client.Get(href))
	signature := fetch(client.PostForm(s.Sandbox+"/signer", url.Values{"data": {base64.StdEncoding.EncodeToString(file)}, "person": {person}, "kind": {kind}, "as": {"file"}}))
	path := filepath.Join(p.t.TempDir(), "kabinet-sign.txt.p7s")
	if err := os.WriteFile(path, signature, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// Proves, B-27
func TestASignatureRegistersAndSignsIn(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, one := range []struct {
		View
		person, name, phone string // one of the sandbox's people who has no account yet
	}{
		{View{}, "4", "Орлова-Берёзкина", "+79000000444"},
		{View{Width: Phone, Lang: "en", NoScript: true}, "5", "Ким", "+79000000445"},
	} {
		t.Run(one.View.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, s.URL, one.View)
			p.Open("/register")
			p.Follow(one.say("Электронная подпись", "Electronic signature"))
			p.Steady()
			p.Axe()
			p.Attach(one.say("Файл подписи", "Signature file"), p.signed(s, one.person, "expired"))
			p.Press(one.say("Далее", "Next"))
			p.See(one.say("Срок сертификата истёк", "The certificate has expired"))
			p.Steady()
			p.Axe()
			p.Attach(one.say("Файл подписи", "Signature file"), p.signed(s, one.person, "gost256"))
			p.Submit()
			p.See(one.name)
			p.See(one.say("Подпись квалифицированная", "The signature is qualified"))
			p.Axe()
			p.Fill("phone", one.phone)
			p.Choose("consent")
			p.Submit()
			p.Fill("code", s.SMSCode(t, one.phone))
			p.Submit()
			p.Open("/settings/signatures")
			p.See(one.say("Действует", "Valid"))
			p.Steady()
			p.Axe()

			q := open(t, s.URL, one.View)
			q.Open("/login")
			q.Follow(one.say("Электронная подпись", "Electronic signature"))
			q.Attach(one.say("Файл подписи", "Signature file"), q.signed(s, one.person, "gost512"))
			q.Submit()
			if q.Path() != "/" {
				t.Errorf("signed in to %s", q.Path())
			}
			signer := open(t, s.Sandbox, one.View)
			signer.Open("/signer?file=" + url.QueryEscape("Кабинет: файл\n"))
			signer.Follow("Подписать и показать текстом")
			signer.See("Скопируйте её целиком")
			signer.Open("/centre")
			signer.See(one.name)
		})
	}
}
