// Before anything is drawn: a screen that was blanked stays blank, also when the page is loaded anew.
if (localStorage.getItem("tocsin.blank")) document.documentElement.dataset.blank = "";
