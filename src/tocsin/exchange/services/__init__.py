"""Services of partners, one file or folder each, behind `tocsin.exchange.model.Partner`."""
