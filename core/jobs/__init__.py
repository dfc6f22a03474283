"""Work that outlives the page: store, runner, worker."""
