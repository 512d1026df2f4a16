package document

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/web"
)

// ErrMany is returned for more files than a form takes.
var ErrMany = fault.New(fault.Invalid, "document.too_many")

// ReceiveBody is how much of a form with files a route should let in, in bytes.
const ReceiveBody = uploadBody

// maxText is how much of one text of such a form is read, in bytes.
const maxText = 64 << 10

// Receive reads a form with files part by part and stores the files, at most
// most of them, as documents of the account that asks; texts come by the names
// of their fields. A form without files that is not multipart is read as well.
// On an error nothing is kept of the files: what Upload returns, ErrFlawed and
// ErrMany are for the field, all else is for the page. What the caller then
// cannot use it gives back by GiveBack.
func (s *Service) Receive(r *http.Request, kind Type, most int) (files []string, texts url.Values, err error) {
	texts = url.Values{}
	parts, err := web.Parts(r)
	if err != nil {
		for name, all := range r.PostForm {
			texts[name] = all
		}
		return nil, texts, nil
	}
	if err := s.cfg.Limiter.TakeFast(uploadRule(), web.Account(r)); err != nil {
		return nil, texts, err
	}
	for err == nil {
		part, next := parts.NextPart()
		if errors.Is(next, io.EOF) {
			return files, texts, nil
		}
		switch {
		case next != nil:
			err = received(next)
		case part.FileName() != "" && len(files) == most:
			err = ErrMany
		case part.FileName() != "":
			var f File
			if f, err = s.UploadAs(r.Context(), web.Account(r), kind, part.FileName(), part); err == nil {
				files, err = append(files, f.ID), f.Usable()
			}
			err = received(err)
		case part.Header.Get("Content-Type") == "": // else an input for files that was left empty
			var text []byte
			text, err = io.ReadAll(io.LimitReader(part, maxText))
			texts.Add(part.FormName(), string(text))
			err = received(err)
		}
	}
	_, _ = io.Copy(io.Discard, r.Body) // so that the browser comes to read the answer
	return nil, texts, errors.Join(err, s.GiveBack(r.Context(), web.Account(r), files...))
}

// GiveBack deletes files that Receive stored for something that was not taken.
func (s *Service) GiveBack(ctx context.Context, account string, files ...string) (err error) {
	for _, f := range files {
		err = errors.Join(err, s.Delete(ctx, account, f))
	}
	return err
}

// Told returns what is said at the field of a form whose file was not taken,
// nil for what is for the page.
func Told(err error) *fault.Error {
	if err == nil || errors.Is(err, web.ErrTooLarge) {
		return nil
	}
	return toldOf(err)
}
