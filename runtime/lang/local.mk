# Tables only; the front, core and lib list the ones they expand.
