package sandbox

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
)

// owned is a certificate as the page of the centre shows it.
type owned struct {
	*issued
	Owner string
	Over  bool
}

type centrePage struct {
	Saved string
	List  []owned
}

func (s *Sandbox) centrePage(w http.ResponseWriter, r *http.Request) {
	p := centrePage{Saved: r.URL.Query().Get("saved")}
	s.mu.Lock()
	for _, c := range slices.Backward(s.issued) {
		if c.Name != "" || len(p.List) == shown {
			continue
		}
		o := owned{issued: c, Over: s.now().After(c.Until)}
		if i := slices.IndexFunc(s.people, func(p *Payer) bool { return p.ID == c.Person }); i >= 0 {
			o.Owner = s.people[i].Person.Surname + " " + s.people[i].Person.Name + " " + s.people[i].Person.Patronymic
		}
		p.List = append(p.List, o)
	}
	s.mu.Unlock()
	s.show(w, r, http.StatusOK, "centre", PartnerCentre, "centre.title", p)
}

// revoke takes the buttons of the page.
func (s *Sandbox) revoke(w http.ResponseWriter, r *http.Request) {
	ok, err := s.Revoke(r.PathValue("serial"), r.FormValue("revoked") == "1")
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case !ok:
		s.missingPage(w, r)
	default:
		http.Redirect(w, r, withLang("/centre?saved="+r.PathValue("serial")+"#c-"+r.PathValue("serial"), langOf(r)), http.StatusSeeOther)
	}
}

func (s *Sandbox) rootsFile(w http.ResponseWriter, _ *http.Request) {
	text, err := s.Roots()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	download(w, "roots.pem", "application/x-pem-file", text)
}

// signerPage is a program that signs files, which the people of the sandbox use.
type signerPage struct {
	File    string // base64 of what is to be signed; "" asks for a file
	Text    string // the same as text, to be read
	Person  string
	Kind    string
	People  []Payer
	Kinds   []string
	Result  string // the signature, base64
	Missing bool
}

// maxSigned is how long a file may be that the signer signs, in bytes.
const maxSigned = 32 << 10

func (s *Sandbox) newSignerPage(file []byte) signerPage {
	p := signerPage{Kinds: kinds, Kind: KindGOST256, Person: "1"}
	for _, one := range s.Payers() {
		if len(p.People) < shown {
			p.People = append(p.People, one)
		}
	}
	if len(file) > 0 {
		p.File, p.Text = base64.StdEncoding.EncodeToString(file), string(file)
	}
	return p
}

// signerForm shows the page; a portal passes the file on in the address.
func (s *Sandbox) signerForm(w http.ResponseWriter, r *http.Request) {
	file := r.URL.Query().Get("file")
	if len(file) > maxSigned {
		file = ""
	}
	s.show(w, r, http.StatusOK, "signer", "signer", "signer.title", s.newSignerPage([]byte(file)))
}

// signFile signs what was sent: as a file to be saved, or shown as text.
func (s *Sandbox) signFile(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4*maxSigned)
	file, err := base64.StdEncoding.DecodeString(r.PostFormValue("data"))
	if upload, _, ferr := r.FormFile("upload"); err == nil && len(file) == 0 && ferr == nil {
		file, err = io.ReadAll(io.LimitReader(upload, maxSigned))
		upload.Close()
	}
	p := s.newSignerPage(file)
	p.Person, p.Kind = r.PostFormValue("person"), r.PostFormValue("kind")
	if err != nil || len(file) == 0 {
		p.Missing = true
		s.show(w, r, http.StatusUnprocessableEntity, "signer", "signer", "signer.title", p)
		return
	}
	signature, err := s.Sign(file, p.Person, p.Kind)
	if errors.Is(err, errKind) {
		s.missingPage(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if r.PostFormValue("as") == "file" {
		download(w, "kabinet-sign.txt.p7s", "application/pkcs7-signature", signature)
		return
	}
	p.Result = base64.StdEncoding.EncodeToString(signature)
	s.show(w, r, http.StatusOK, "signer", "signer", "signer.title", p)
}
