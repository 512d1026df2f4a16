package signature

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
	"kabinet/internal/signature/pki"
	"kabinet/internal/staff"
)

func (s *Service) trustPage(w http.ResponseWriter, r *http.Request) error {
	return s.writeTrust(w, r, http.StatusOK, trustForm{Done: r.URL.Query().Has("done")})
}

func (s *Service) writeTrust(w http.ResponseWriter, r *http.Request, status int, f trustForm) error {
	f.fields()
	f.Nav, f.Fetch, f.Now = staff.MemberOf(r).Nav(), s.listURL, s.now()
	var err error
	if f.List, err = newestList(r.Context(), s.db); err != nil {
		return err
	}
	if f.Lists, err = allCached(r.Context(), s.db, s.now(), 50); err != nil {
		return err
	}
	all := slices.Clone(f.Lists)
	f.Lists = slices.DeleteFunc(f.Lists, func(l cachedList) bool {
		// Asked for on behalf of several centres, it is one centre's.
		return l.fetched.IsZero() && slices.ContainsFunc(all, func(o cachedList) bool { return o.address == l.address && !o.fetched.IsZero() })
	})
	f.Roots = s.roots
	return web.Write(w, r, status, trustListPage(f))
}

func member(r *http.Request) audit.Actor {
	return audit.Actor{Kind: audit.Staff, ID: web.Account(r), Session: web.VisitOf(r.Context()).Session}
}

// takeTrust takes the file of a trust list.
func (s *Service) takeTrust(w http.ResponseWriter, r *http.Request) error {
	parts, err := web.Parts(r)
	if err != nil {
		return err
	}
	f := trustForm{}
	f.fields()
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			f.File.Error = i18n.K("signature.list_missing")
			return s.writeTrust(w, r, http.StatusUnprocessableEntity, f)
		}
		if err != nil {
			return web.ErrTooLarge
		}
		if part.FormName() != f.File.Name || part.FileName() == "" {
			continue
		}
		file, err := io.ReadAll(io.LimitReader(part, pki.MaxAccredited))
		if err != nil {
			return web.ErrTooLarge
		}
		_, err = s.TakeList(r.Context(), member(r), part.FileName(), file)
		return s.tookTrust(w, r, f, err)
	}
}

func (s *Service) fetchTrust(w http.ResponseWriter, r *http.Request) error {
	if s.listURL == "" {
		return web.ErrNotFound
	}
	_, err := s.FetchList(r.Context(), member(r))
	return s.tookTrust(w, r, trustForm{}, err)
}

func (s *Service) tookTrust(w http.ResponseWriter, r *http.Request, f trustForm, err error) error {
	for _, known := range []*fault.Error{ErrOlder, ErrList, ErrFetch} {
		if errors.Is(err, known) {
			f.Notice = i18n.K(known.Text)
			return s.writeTrust(w, r, web.Status(err), f)
		}
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, trustPath+"?done=1")
}
