package proofing

import (
	"errors"
	"net/http"
	"slices"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

const changePath = Path + "/change/"

// changeOf returns the form for the part that the address names.
func (s *Service) changeOf(r *http.Request) (p changePage, err error) {
	p.Part = person.Part(r.PathValue("part"))
	if !slices.Contains(person.Parts, p.Part) {
		return p, web.ErrNotFound
	}
	if p.Known, err = s.People.Person(r.Context(), web.Account(r)); err != nil {
		return p, err
	}
	if !p.Known.Is(p.Part) {
		return p, ErrFree
	}
	p.Form = person.NewDataForm(p.Known, s.Now, p.Part)
	p.Form.Require(neededFor(p.Part)...)
	p.Papers = newPapersForm()
	p.Papers.File.Hint = i18n.K("proofing.change_papers_hint")
	p.Papers.Comment.Label, p.Papers.Comment.Hint = i18n.K("proofing.change_why"), i18n.K("proofing.change_why_hint")
	return p, nil
}

// neededFor are the fields without which a part is not verified.
func neededFor(part person.Part) []string {
	switch part {
	case person.Identity:
		return []string{"surname", "name", "birth_date"}
	case person.Passport:
		return []string{"passport_series", "passport_number", "issued_on", "issued_by", "division"}
	case person.Numbers:
		return []string{"snils"}
	}
	return []string{"address"}
}

func (s *Service) changeForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.changeOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, changeView(p))
}

// askChange takes the new data with the papers, and asks for a code.
func (s *Service) askChange(w http.ResponseWriter, r *http.Request) error {
	p, err := s.changeOf(r)
	if err != nil {
		return err
	}
	files, texts, err := s.Documents.Receive(r, document.Passport, maxFiles)
	ok := p.Form.ReadFrom(texts.Get)
	ok = web.ReadFrom(texts.Get, &p.Papers.Comment) && ok
	fresh := p.Form.Person(p.Known)
	switch {
	case err == nil && len(files) == 0:
		err = ErrPapers
	case err == nil && ok && person.Same(p.Part, p.Known, fresh):
		err = ErrSame
	}
	proposal := ""
	if err == nil && ok {
		proposal, err = s.proposeChange(r, p, fresh, files)
	}
	if err == nil && ok {
		return web.SeeOther(w, r, "/profile/confirm/"+proposal)
	}
	if gone := s.Documents.GiveBack(r.Context(), web.Account(r), files...); gone != nil {
		return errors.Join(err, gone)
	}
	if errors.Is(err, account.ErrUnreached) {
		return err
	}
	if told := document.Told(err); told != nil {
		p.Papers.File.Error = i18n.K(told.Text)
	} else if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusUnprocessableEntity, changeView(p))
}

func (s *Service) proposeChange(r *http.Request, p changePage, fresh person.Person, files []string) (string, error) {
	if err := s.TakeChange(r.Context(), web.Account(r)); err != nil {
		return "", err
	}
	return s.People.Propose(r.Context(), web.Account(r), person.Proposal{Version: p.Known.Version(), Parts: []person.Part{p.Part}, Person: fresh, Files: files,
		Comment: p.Papers.Comment.Value})
}
